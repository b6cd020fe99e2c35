# shellcheck shell=bash
# Sourced by scripts that need a throw-away world: a copy of this checkout, a PostgreSQL tree of their own and servers
# that listen on nothing but a socket, all below one temporary folder. No existing cluster or system folder is touched.
#
#   sandbox_enter "$@"          go on with this script inside a new sandbox, as a user who may run a server
#   sandbox_postgres            the private PostgreSQL, first in PATH
#   sandbox_build [VAR=VALUE]   builds the extension and installs it there
#   sandbox_start NAME [LINE…]  a new server, the default of all clients from then on; LINEs go to postgresql.conf
#   sandbox_stop NAME
#   sandbox_take PROGRAM        a copy, last in PATH
#   sandbox_keep                leave it all running at the end; SANDBOX=FOLDER sandbox_remove takes it away later

sandbox_inside() {
	[[ $PWD == "${SANDBOX:-}/src" ]]
}

sandbox_enter() {
	sandbox_inside && return
	sandbox_make
	sandbox_run "$@"
	exit
}

sandbox_make() {
	local base=${TMPDIR:-/tmp}

	((${#base} <= 60)) || base=/tmp # a socket's path may have 107 bytes
	SANDBOX=$(mktemp -d "$base/cs_health.XXXXXX")
	trap 'exit 130' INT TERM
	trap '[[ -e $SANDBOX/keep ]] || sandbox_remove' EXIT

	mkdir "$SANDBOX/src" "$SANDBOX/tmp"
	sandbox_files | tar --null --ignore-failed-read --warning=no-failed-read -cf- -T- | tar -C "$SANDBOX/src" -xf-

	CS_HEALTH_DATA=$(realpath -m "${CS_HEALTH_DATA:-../shared/data}")
	if ((EUID == 0)) && [[ -d $CS_HEALTH_DATA ]]; then
		cp -rL "$CS_HEALTH_DATA" "$SANDBOX/data"
		CS_HEALTH_DATA=$SANDBOX/data
	fi
	export SANDBOX CS_HEALTH_DATA
}

# The files that would be committed, or all when git does not know
sandbox_files() {
	{ [[ -e .git ]] && git ls-files -coz --exclude-standard 2>/dev/null; } || find . -name .git -prune -o -type f -print0
}

# PostgreSQL refuses to run as root
sandbox_run() {
	local as=()

	if ((EUID == 0)); then
		chown -R postgres: "$SANDBOX"
		as=(runuser -u postgres --)
	fi
	(
		cd "$SANDBOX/src" || exit
		"${as[@]}" env HOME="$SANDBOX" TMPDIR="$SANDBOX/tmp" PATH="$PATH:$SANDBOX/bin" "tools/${0##*/}" "$@"
	)
}

sandbox_take() {
	mkdir -p "$SANDBOX/bin"
	cp --remove-destination "$1" "$SANDBOX/bin/"
}

sandbox_keep() {
	touch "$SANDBOX/keep"
}

sandbox_remove() {
	local pids pid

	pids=$(find "$SANDBOX" \( -name postmaster.pid -o -path '*/rest/*.pid' \) -exec head -qn1 {} +)
	for pid in $pids; do
		kill -QUIT "$pid" 2>/dev/null || true
	done
	for pid in $pids; do
		timeout 10 tail --pid="$pid" -f /dev/null || true
	done
	rm -rf "$SANDBOX"
}

# Where the PostgreSQL to work with has its programs: PG_CONFIG's, PG_MAJOR's, or the newest
pg_bindir() {
	local major dir

	if [[ ${PG_CONFIG:-} ]]; then
		"$PG_CONFIG" --bindir
		return
	fi
	for major in ${PG_MAJOR:-18 17 16 15}; do
		for dir in "/usr/lib/postgresql/$major/bin" "/usr/pgsql-$major/bin"; do
			if [[ -x $dir/postgres ]]; then
				echo "$dir"
				return
			fi
		done
	done
	[[ ${PG_MAJOR:-} ]] || pg_config --bindir
}

# PostgreSQL looks for its folders relative to its own program, so copied programs with links to the rest, laid out alike,
# are an installation in its own right, and one that anybody may `make install` into.
sandbox_postgres() {
	local bin share lib include dir prefix root=$SANDBOX/pg variable

	for variable in ${!PG@}; do
		[[ $variable == PG_* ]] || unset "$variable"
	done
	unset LANGUAGE "${!LC_@}"
	export LANG=C.UTF-8

	bin=$(pg_bindir)
	{ read -r share && read -r lib && mapfile -t include; } < <(
		"$bin/pg_config" --sharedir --pkglibdir --includedir --pkgincludedir --includedir-server
	)
	prefix=$bin
	for dir in "$share" "$lib" "${include[@]}"; do
		until [[ $dir/ == "$prefix"/* ]]; do prefix=${prefix%/*}; done
	done

	for dir in "$share" "$lib"; do
		mkdir -p "$root${dir#"$prefix"}"
		cp -rs "$dir/." "$root${dir#"$prefix"}"
	done
	rm -f "$root${share#"$prefix"}"/extension/cs_health* "$root${lib#"$prefix"}/cs_health.so"
	for dir in "${include[@]}"; do
		dir=${dir#"$prefix"}
		mkdir -p "$root${dir%/*}"
		[[ -e $root$dir ]] || ln -s "$prefix$dir" "$root$dir"
	done
	mkdir -p "$root${bin#"$prefix"}"
	cp -L "$bin"/* "$root${bin#"$prefix"}"

	export PATH=$root${bin#"$prefix"}:$PATH
	export PG_CONFIG=$root${bin#"$prefix"}/pg_config
}

sandbox_build() {
	make -s clean &&
		make -s -j"$(nproc)" all "$@" &&
		make -s install "$@"
}

sandbox_start() {
	local data=$SANDBOX/$1

	export PGHOST=$SANDBOX PGPORT=$((RANDOM % 10000 + 50000)) PGUSER=postgres PGDATABASE=postgres
	initdb -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null
	{
		printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$PGHOST'" "port = $PGPORT" \
			"timezone = 'UTC'" 'fsync = off' 'full_page_writes = off'
		[[ $# == 1 ]] || printf '%s\n' "${@:2}"
	} >>"$data/postgresql.conf"
	pg_ctl -D "$data" -l "$data.log" -s -w start || {
		tail -n 20 "$data.log" >&2
		return 1
	}
}

sandbox_stop() {
	pg_ctl -D "$SANDBOX/$1" -s -m fast stop
}
