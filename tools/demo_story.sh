# shellcheck shell=bash
# Sourced by tools/demo: one customer's story, told with a real mail server and a real HTTP server on loopback.
#
#   story_conf      lines of postgresql.conf for a worker that may send to the receivers
#   story_receive   starts the receivers; they end with the script
#   story_hold      keeps aside what users did in the last weeks
#   story_prepare   chooses the customer and shapes what it did
#   story_tell      lives through the days, prints what people got, and kills the worker in between

receivers=$SANDBOX/receivers

story_conf() {
	(umask 0077 && mkdir -p "$receivers/secrets")
	test/receivers/certificates "$receivers"
	printf '%s\n' "shared_preload_libraries = 'cs_health'" "cs_health.databases = 'demo'" \
		"cs_health.secret_dir = '$receivers/secrets'" "cs_health.ca_file = '$receivers/ca.crt'" \
		"cs_health.allowed_hosts = 'localhost'" "cs_health.allowed_addresses = '127.0.0.1'"
}

story_receive() {
	python3 -B test/receivers/http_receiver.py "$receivers" >"$receivers/http.log" 2>&1 &
	receiver_pids=$!
	/usr/bin/python3 -B test/receivers/smtp_receiver.py "$receivers" >"$receivers/smtp.log" 2>&1 &
	receiver_pids+=" $!"
	# shellcheck disable=SC2064  # these processes and no others
	trap "kill $receiver_pids 2>/dev/null || true" EXIT
	eventually test -e "$receivers/http.ports" -a -e "$receivers/smtp.ports"
	(
		umask 0077
		echo "{\"url\": \"https://localhost:$(port http https)/200/slack\"}" >"$receivers/secrets/slack"
		echo '{"user": "mailer", "password": "correct horse"}' >"$receivers/secrets/mail"
	)
}

port() {
	sed -E "s/.*\"$2\": ([0-9]+).*/\1/" "$receivers/$1.ports"
}

# eventually COMMAND…: waits until it is true, at most a minute
eventually() {
	local n

	for ((n = 0; n < 1200; n++)); do
		if "$@" 2>/dev/null; then return; fi
		sleep 0.05
	done
	echo "waited in vain for: $*" >&2
	return 1
}

value() {
	psql -XAtq -v ON_ERROR_STOP=1 -c "$1"
}

is_true() {
	[[ $(value "$1") == t ]]
}

# Day 0 is the Tuesday three weeks before the latest one; what users do from day -24 on is kept aside
story_hold() {
	psql -Xq -v ON_ERROR_STOP=1 <<-'SQL'
		create table demo.story as select date_trunc('week', current_date::timestamp)::date - 20 as day;
		create table demo.later as
		select e.* from cs_health.event as e join demo.story as s on e.occurred_at >= timezone('UTC', s.day - interval '24 days');
		delete from cs_health.event as e using demo.story as s where e.occurred_at >= timezone('UTC', s.day - interval '24 days');
	SQL
	day_zero=$(value 'select day from demo.story')
}

story_prepare() {
	psql -Xq -v ON_ERROR_STOP=1 -f tools/demo_story.sql
	customer=$(value 'select id from demo.customer')
}

# The date N days after day 0
date_of() {
	date -u -d "$day_zero $1 days" +%F
}

# at N TIME SQL [WHOLE]: runs it N days after day 0 by the simulated clock, and says so, perhaps in short
at() {
	printf '   %s %s  %s\n' "$(date_of "$1")" "$2" "$3"
	quietly_at "$1" "$2" "${4:-$3}"
}

quietly_at() {
	psql -Xq -v ON_ERROR_STOP=1 -o /dev/null <<-SQL
		set client_min_messages = warning;
		set cs_health.now = '$(date_of "$1") $2+00';
		$3;
	SQL
}

# The night after the Nth day: what happened on it comes in, then the run
night() {
	quietly_at "$(($1 + 1))" 03:00 "insert into cs_health.event select e.* from demo.later as e
		where e.occurred_at >= timestamptz '$(date_of "$1") 00:00+00' and e.occurred_at < '$(date_of "$(($1 + 1))") 00:00+00';
		call cs_health.run_due()"
}

# Once all is sent, the playbooks hear of it
notice() {
	eventually all_sent
	quietly_at "$1" "$2" 'call cs_health.run_playbooks()'
}

# From the Nth day's morning to the Mth day's night
live() {
	local n

	printf '   %s to %s: CALL cs_health.run_playbooks() every morning, CALL cs_health.run_due() every night\n' \
		"$(date_of "$1")" "$(date_of "$2")"
	for ((n = $1; n <= $2; n++)); do
		quietly_at "$n" 08:05 'call cs_health.run_playbooks()'
		notice "$n" 08:10
		night "$n"
	done
}

# What a receiver's ledger has of the message whose source_key is like this, as people read it
received() {
	local id

	id=$(value "select id from cs_health.outbox where tenant_id = '$customer' and source_key like '$2'
		order by created_at desc limit 1")
	eventually grep -q "$id" "$receivers/$1.jsonl"
	python3 - "$receivers/$1.jsonl" "$id" <<-'PY'
		import email, email.header, json, sys

		line = [json.loads(l) for l in open(sys.argv[1]) if sys.argv[2] in l][0]
		if "headers" in line:
		    text = json.loads(line["body"])["text"]
		else:
		    mail = email.message_from_string(line["body"].replace("\r", ""))
		    unfolded = {k: v.replace("\n", "") for k, v in mail.items()}
		    fields = [f"{k}: {email.header.make_header(email.header.decode_header(v))}" for k, v in unfolded.items()]
		    text = "\n".join(fields) + "\n\n" + mail.get_payload(decode=True).decode()
		print("\n".join("   | " + part for part in text.rstrip().split("\n")))
	PY
}

# Every key in the receivers' ledgers, as demo.received
take_ledgers() {
	psql -Xq -v ON_ERROR_STOP=1 <<-SQL
		truncate demo.received;
		create temp table line (line text);
		\copy line from '$receivers/smtp.jsonl' (format csv, quote e'\x01', delimiter e'\x02')
		\copy line from '$receivers/http.jsonl' (format csv, quote e'\x01', delimiter e'\x02')
		insert into demo.received select (regexp_match(l.line::jsonb ->> 'key', '[0-9a-f-]{36}'))[1]::uuid from line as l;
	SQL
}

worker() {
	value "select pid from pg_stat_activity where datname = 'demo' and backend_type like 'cs\_health delivery%'"
}

new_worker() {
	worker_now=$(worker) && [[ $worker_now && $worker_now != "$1" ]]
}

# How many messages the receivers have
arrived() {
	cat "$receivers"/*.jsonl | wc -l
}

some_more_than() {
	(($(arrived) >= $1 + 5))
}

# Commits a morning's messages and kills the worker once five of them have arrived
kill_the_worker() {
	local pid=$1 began before committed

	before=$(arrived)
	committed=$(value 'select count(*) from cs_health.outbox')
	at 1 08:05 'CALL cs_health.run_playbooks()'
	eventually some_more_than "$before"
	kill -9 "$pid"
	began=$(date +%s%N)
	before=$(($(arrived) - before))
	eventually new_worker "$pid"
	began=$((($(date +%s%N) - began) / 1000000))
	committed=$(($(value 'select count(*) from cs_health.outbox') - committed))
	printf '   kill -9 %s, the worker, while %s of %s messages had arrived. The server restarts, worker %s is there after %s ms\n' \
		"$pid" "$before" "$committed" "$worker_now" "$began"
	eventually all_sent
	take_ledgers
	show story/deliveries
	printf '   What was in flight when the worker died may come twice, under the same Message-ID\n'
}

all_sent() {
	is_true "select not exists (select from cs_health.outbox where state in ('pending', 'claimed'))"
}

story_tell() {
	local csm execution

	psql -Xq -v ON_ERROR_STOP=1 <<-SQL
		update cs_health.settings set company_name = 'Acme', dashboard_url = 'https://acme.example';
		insert into cs_health.channel (code, kind, secret, per_second) values ('slack', 'slack', 'slack', 100);
		insert into cs_health.channel (code, kind, secret, host, port, from_address, from_name, unsubscribe) values
		    ('email', 'email', 'mail', 'localhost', $(port smtp starttls), 'success@acme.example', 'Acme',
		    'https://acme.example/stop');
		create table demo.received (id uuid);
		checkpoint;
	SQL
	csm=$(value 'select csm from demo.customer')
	night -3
	at -2 03:10 "SELECT cs_health.activate_playbook(cs_health.playbook_by_code('reactivation'))"
	printf '   %s customers are below 60 already: listed, not written to\n' \
		"$(value "select count(*) from cs_health_v1.playbook_queue where standing = 'baseline'")"
	live -2 -1

	printf '\nThe customer has come down. What its CSM reads in Slack that night:\n'
	received http 'churn alert%'
	show story/waiting
	execution=$(value "select id from cs_health.playbook_execution where tenant_id = '$customer' and status = 'waiting'")
	printf '\n'
	at 0 09:30 "SELECT cs_health.approve_execution('$execution')  -- $csm" "
		set request.jwt.claims = '{\"email\": \"$csm\"}';
		select cs_health.approve_execution('$execution')"
	at 0 09:31 'CALL cs_health.run_playbooks()'
	printf '\nWhat the playbook tells the CSM in Slack on day 0:\n'
	received http 'step % 1'
	notice 0 09:32
	night 0

	printf '\nThe day after, the check-in mail and the morning digests go out, and the worker is killed in the middle of it\n'
	kill_the_worker "$(worker)"
	printf '\nThe mail, whole, as the mail server got it. Deliveries keep to the real clock, hence its Date:\n'
	received smtp 'step % 2'
	printf '\n'
	notice 1 08:10
	night 1
	live 2 3
	at 4 07:40 "INSERT INTO cs_health.touchpoint …  -- the customer answers: «La importación falla. ¿Podemos hablar?»" "
		insert into cs_health.touchpoint (tenant_id, kind, direction, channel, detail, at) values (
		'$customer', 'reply', 'inbound', 'email', 'La importación falla. ¿Podemos hablar?', cs_health._now())"
	live 4 14
	value "insert into cs_health.event select e.* from demo.later as e
		where e.occurred_at >= timestamptz '$(date_of 15) 00:00+00'"
	run 'CALL cs_health.run_due()  -- the days since, by the real clock'
	take_ledgers
	show story/history
	show story/scores
	show story/deliveries
	run 'UPDATE cs_health.channel SET enabled = false  -- the receivers end with this script'
}
