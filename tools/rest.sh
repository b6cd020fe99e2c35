#!/usr/bin/env bash
# The REST API and the dashboard on this machine, for tests and demonstrations: PostgREST of PATH (tools/rest-deps fetches
# one) behind nginx with rest/nginx.conf, on loopback. Sourced, or called as tools/rest.sh COMMAND with the same names
# without rest_. All that it writes is in $REST, by default $SANDBOX/rest.
#
#   rest_server                    name and version of the PostgREST there is; fails where there is none
#   rest_start DATABASE [PORT]     starts both for a database of PGHOST and PGPORT, prints the URL, also in $REST/url;
#                                  DATABASE's role cs_health_authenticator must be able to log in
#   rest_token ROLE [NAME=VALUE…]  a token for a day: rest_token cs_health_csm email=ana@example.com
#   rest_stop

rest_server() {
	command -v postgrest >/dev/null && postgrest --version | head -n 1
}

rest_start() {
	local root database=$1 port tries=0

	root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
	REST=${REST:-$SANDBOX/rest}
	mkdir -p "$REST"
	[[ -s $REST/jwt_secret ]] || (umask 0077 && openssl rand -hex 32 >"$REST/jwt_secret")
	export PGRST_DB_URI="postgresql://cs_health_authenticator@/$database?host=$PGHOST&port=${PGPORT:-5432}"
	export PGRST_JWT_SECRET="@$REST/jwt_secret" PGRST_SERVER_UNIX_SOCKET=$REST/sock
	rm -f "$REST/sock"
	setsid postgrest "$root/rest/postgrest.conf" >"$REST/server.log" 2>&1 </dev/null &
	echo $! >"$REST/server.pid"
	unset PGRST_DB_URI PGRST_JWT_SECRET PGRST_SERVER_UNIX_SOCKET
	until [[ -S $REST/sock ]]; do
		if ((++tries > 100)) || ! kill -0 "$(<"$REST/server.pid")" 2>/dev/null; then
			cat "$REST/server.log" >&2
			return 1
		fi
		sleep 0.1
	done

	tries=0
	until port=${2:-$((RANDOM % 20000 + 20000))} && _rest_nginx "$root" "$port"; do
		if ((++tries > 10)) || [[ ${2:-} ]]; then
			cat "$REST/nginx.log" >&2
			rest_stop
			return 1
		fi
	done
	_rest_ready "$port" || {
		cat "$REST/server.log" >&2
		rest_stop
		return 1
	}
	echo "http://127.0.0.1:$port" | tee "$REST/url"
}

# Waits until PostgREST has read the schema
_rest_ready() {
	local token tries status=

	token=$(rest_token cs_health_admin)
	for ((tries = 0; tries < 150; tries++)); do
		exec 3<>"/dev/tcp/127.0.0.1/$1"
		printf 'HEAD /api/v1/ HTTP/1.0\r\nAuthorization: Bearer %s\r\n\r\n' "$token" >&3
		read -r _ status _ <&3 || true
		exec 3>&-
		[[ $status == 50[23] ]] || return 0
		sleep 0.2
	done
	return 1
}

_rest_nginx() {
	local kind temp=

	for kind in client_body proxy fastcgi uwsgi scgi; do
		temp+="${kind}_temp_path $REST/$kind; "
	done
	sed "s|unix:[^;]*;|unix:$REST/sock;|; s|listen [^;]*;|listen 127.0.0.1:$2;|; s|root [^;]*;|root $1/dashboard;|" \
		"$1/rest/nginx.conf" >"$REST/site.conf"
	cat >"$REST/nginx.conf" <<-END
		worker_processes 1;
		pid $REST/nginx.pid;
		error_log $REST/nginx.log notice;
		events { worker_connections 256; }
		http { access_log $REST/access.log; $temp include $REST/site.conf; }
	END
	PATH=$PATH:/usr/sbin nginx -p "$REST" -e "$REST/nginx.log" -c "$REST/nginx.conf" >/dev/null 2>&1
}

rest_token() {
	REST=${REST:-$SANDBOX/rest} python3 - "$@" <<-'END'
		import base64, hashlib, hmac, json, os, sys, time

		def part(content):
		    return base64.urlsafe_b64encode(content).rstrip(b'=')

		with open(os.environ['REST'] + '/jwt_secret', 'rb') as file:
		    secret = file.read().strip()
		claims = {'role': sys.argv[1], 'aud': 'cs_health', 'exp': int(time.time()) + 86400}
		for claim in sys.argv[2:]:
		    name, _, value = claim.partition('=')
		    claims[name] = int(value) if name in ('exp', 'nbf', 'iat') else value
		head = part(b'{"alg":"HS256","typ":"JWT"}') + b'.' + part(json.dumps(claims).encode())
		print((head + b'.' + part(hmac.new(secret, head, hashlib.sha256).digest())).decode())
	END
}

rest_stop() {
	local name pid

	REST=${REST:-$SANDBOX/rest}
	for name in nginx server; do
		[[ -s $REST/$name.pid ]] || continue
		pid=$(<"$REST/$name.pid")
		kill "$pid" 2>/dev/null || true
		timeout 10 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
		rm -f "$REST/$name.pid"
	done
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
	set -euo pipefail
	case ${1:-} in
		server | start | token | stop) "rest_$1" "${@:2}" ;;
		*)
			sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
			exit 2
			;;
	esac
fi
