# make && make install    builds and installs into the PostgreSQL of pg_config
# make demo               a throw-away server with a believable company in it
# make check              all of the tests; one suite or file: make check SUITE=regress FILES="score presence"
# make crash-test         kills servers, workers and receivers, and counts what was lost: nothing; 10 minutes

# These run without PGXS: `deps` is what installs it, and the others work in a sandbox of their own.
TOOLS = deps check lint format demo demo-stop bench soak crash-test reference

ifneq ($(filter $(TOOLS),$(MAKECMDGOALS)),)

.PHONY: $(TOOLS)

deps:
	@tools/deps

check:
	@tools/check $(SUITE) $(FILES)

lint:
	@tools/lint

format:
	@find src test -name '*.[ch]' -exec clang-format -i {} +

bench:
	@tools/bench

soak:
	@tools/soak

crash-test:
	@tools/crash-test

reference:
	@tools/reference

demo:
	@tools/demo

demo-stop:
	@tools/demo stop

else

EXTENSION = cs_health
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" cs_health.control)
EXTSCRIPT = sql/cs_health--$(EXTVERSION).sql
DATA = $(wildcard sql/cs_health--*--*.sql)
DATA_built = $(EXTSCRIPT)

MODULE_big = cs_health
OBJS = $(patsubst %.c,%.o,$(wildcard src/*.c src/core/*.c))

# -isystem keeps the warnings of PostgreSQL's own headers away
PG_CPPFLAGS = -I$(srcdir)/src -I$(srcdir)/src/core -isystem $(includedir_server) $(shell pkg-config --cflags json-c libcurl libcrypto) \
	-DCS_HEALTH_VERSION='"$(EXTVERSION)"' -MMD -MP
PG_CFLAGS = -Wall -Wextra -Wno-unused-parameter -Wno-declaration-after-statement $(if $(WERROR),-Werror)
SHLIB_LINK = $(shell pkg-config --libs json-c libcurl libcrypto)

# One goes on where the one before stopped
REGRESS = $(shell cat test/sql/order)
REGRESS_OPTS = --inputdir=test --load-extension=$(EXTENSION)
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --load-extension=$(EXTENSION)

EXTRA_CLEAN = $(OBJS:.o=.d)

# No bitcode: it would need the very clang that PostgreSQL was built with.
override with_llvm = no

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

ifneq ($(filter $(MAJORVERSION),9.6 10 11 12 13 14),)
$(error cs_health needs PostgreSQL 15 or newer, this is $(MAJORVERSION))
endif

$(EXTSCRIPT): sql/assemble sql/parts cs_health.control $(shell find sql -name '*.sql' ! -name 'cs_health--*')
	perl sql/assemble $(EXTVERSION) > $@

$(OBJS): cs_health.control

# Loops over the features of a row, which the compiler turns into vectors at this level only
src/core/logit.o src/core/linear.o: override CFLAGS += -O3

# Nothing in core is called from SQL, so none of its names need be seen by the rest of the server
$(filter src/core/%,$(OBJS)): override CFLAGS += -fvisibility=hidden

-include $(OBJS:.o=.d)

.DELETE_ON_ERROR:

endif
