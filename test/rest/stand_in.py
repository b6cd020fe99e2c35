"""A stand-in for PostgREST where that cannot be had: stand_in.py CONFIG, a configuration of PostgREST's.

For tests and demonstrations on this machine only. It answers what views and functions are asked for in PostgREST's
dialect (filters, order, pages, counts, embedding, one row, functions, tokens, statuses of errors), as its manual and
trials of versions 12 and 13 have it, and nothing else: 501 for what it lacks. It writes to no view.
"""

import base64
import hashlib
import hmac
import http.server
import json
import os
import queue
import re
import socketserver
import sys
import threading
import time
import urllib.parse

import psycopg2

OPERATORS = {
    'eq': '=', 'neq': '<>', 'gt': '>', 'gte': '>=', 'lt': '<', 'lte': '<=', 'match': '~', 'imatch': '~*',
    'like': 'like', 'ilike': 'ilike', 'cs': '@>', 'cd': '<@', 'ov': '&&', 'isdistinct': 'is distinct from',
}
STATUS_OF_STATE = [
    ('08', 503), ('09', 500), ('0L', 403), ('0P', 403), ('23503', 409), ('23505', 409), ('25006', 405), ('25', 500),
    ('28', 403), ('2D', 500), ('38', 500), ('39', 500), ('3B', 500), ('40', 500), ('53400', 500), ('53', 503),
    ('54', 500), ('55', 500), ('57', 500), ('58', 500), ('F0', 500), ('HV', 500), ('P0001', 400), ('P0', 500),
    ('XX', 500), ('42883', 404), ('42P01', 404), ('42P17', 500), ('42501', 403),
]


class Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status, code, message, details=None, hint=None, headers=(), reason=None):
        super().__init__(message)
        self.status, self.headers, self.reason = status, list(headers), reason
        self.body = {'code': code, 'details': details, 'hint': hint, 'message': message}


def read_config(path):
    """Settings of PostgREST's file; the environment goes first, PGRST_DB_URI for db-uri."""
    found = {}
    with open(path, encoding='utf-8') as file:
        for line in file:
            pair = re.match(r'\s*([a-z-]+)\s*=\s*(?:"([^"]*)"|(\S+))', line)
            if pair:
                found[pair[1]] = pair[2] if pair[2] is not None else pair[3]
    for name, value in os.environ.items():
        if name.startswith('PGRST_'):
            found[name[6:].lower().replace('_', '-')] = value
    return found


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def literal(cursor, value):
    return cursor.mogrify('%s', (value,)).decode()


# Tokens

def decoded(part):
    return base64.urlsafe_b64decode(part + '=' * (-len(part) % 4))


def unauthorized(code, message):
    return Refusal(401, code, message, headers=[(
        'WWW-Authenticate', f'Bearer error="invalid_token", error_description="{message}"')])


def claims_of(authorization, config, secret):
    """The claims of a request; None without a token."""
    found = re.fullmatch(r'Bearer +(\S+)', authorization or '', re.IGNORECASE)
    if not found:
        return None
    try:
        head, body, signature = found[1].split('.')
        algorithm = json.loads(decoded(head))['alg']
        claims = json.loads(decoded(body))
        given = decoded(signature)
    except (ValueError, KeyError, TypeError):
        raise unauthorized('PGRST301', 'JWT cannot be decoded') from None
    right = hmac.new(secret, f'{head}.{body}'.encode(), hashlib.sha256).digest()
    if algorithm != 'HS256' or not hmac.compare_digest(given, right) or not isinstance(claims, dict):
        raise unauthorized('PGRST301', 'JWSError JWSInvalidSignature')
    now = time.time()
    for name in ('exp', 'nbf', 'iat'):
        if claims.get(name) is not None and not isinstance(claims[name], (int, float)):
            raise unauthorized('PGRST303', f'The JWT {name} claim must be a number')
    if claims.get('exp') is not None and claims['exp'] < now - 30:
        raise unauthorized('PGRST303', 'JWT expired')
    if claims.get('nbf') is not None and claims['nbf'] > now + 30:
        raise unauthorized('PGRST303', 'JWT not yet valid')
    audience = claims.get('aud')
    if audience and config.get('jwt-aud') not in (audience if isinstance(audience, list) else [audience]):
        raise unauthorized('PGRST303', 'JWT not in audience')
    return claims


# Queries

def split(text, separator=','):
    """Parts of a text, not cut within brackets or quotes."""
    parts, depth, quote, start, place = [], 0, False, 0, 0
    while place < len(text):
        char = text[place]
        if quote:
            if char == '\\':
                place += 1
            elif char == '"':
                quote = False
        elif char == '"':
            quote = True
        elif char in '({':
            depth += 1
        elif char in ')}':
            depth -= 1
        elif char == separator and depth == 0:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    if depth or quote:
        raise bad_query(text)
    return parts + [text[start:]]


def bad_query(text):
    return Refusal(400, 'PGRST100', '"failed to parse"', f'cannot read {text!r:.200}')


def unquote(text):
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r'\\(.)', r'\1', text[1:-1])
    return text


class Query:
    """What is asked of one relation or of the rows of a function."""

    def __init__(self, cursor, source, columns):
        self.cursor, self.source, self.columns = cursor, source, columns

    def path(self, text, alias):
        """A column, or what is in one: details->>metric"""
        steps = re.split(r'(->>?)', text)
        if not re.fullmatch(r'[\w $.-]+', steps[0]):
            raise bad_query(text)
        if steps[0] not in self.columns:
            raise Refusal(400, '42703', f'column {self.source}.{steps[0]} does not exist')
        found = f'{alias}.{quoted(steps[0])}'
        for arrow, key in zip(steps[1::2], steps[2::2]):
            if not key:
                raise bad_query(text)
            key = key if re.fullmatch(r'-?\d{1,9}', key) else literal(self.cursor, key)
            found = f'to_jsonb({found}){arrow}{key}' if arrow == steps[1] and '(' not in found else f'{found}{arrow}{key}'
        return found

    def condition(self, column, text, alias):
        negated = text.startswith('not.')
        operator, dot, value = text[4 if negated else 0:].partition('.')
        quantifier = re.fullmatch(r'(\w+)\((any|all)\)', operator)
        if quantifier:
            operator = quantifier[1]
        if not dot:
            raise bad_query(text)
        left = self.path(column, alias)
        if operator == 'is' and value.lower() in ('null', 'not_null', 'true', 'false', 'unknown'):
            found = f'{left} is {value.lower().replace("_", " ")}'
        elif operator == 'in':
            if not (value.startswith('(') and value.endswith(')')):
                raise bad_query(text)
            values = [literal(self.cursor, unquote(v)) for v in split(value[1:-1])] if value != '()' else []
            found = f'{left} = any (array[{", ".join(values)}]::{self.type_of(column)}[])'
        elif operator in OPERATORS:
            if operator in ('like', 'ilike'):
                value = value.replace('*', '%')
            right = literal(self.cursor, value)
            if quantifier:
                right = f'{quantifier[2]} ({right})'
            found = f'{left} {OPERATORS[operator]} {right}'
        else:
            raise bad_query(text)
        return f'not ({found})' if negated else found

    def type_of(self, column):
        return 'text' if '->>' in column else 'jsonb' if '->' in column else self.columns[column]

    def logic(self, word, text, alias):
        negated = word.startswith('not.')
        if not (text.startswith('(') and text.endswith(')')):
            raise bad_query(text)
        parts = []
        for part in split(text[1:-1]):
            inner = re.fullmatch(r'((?:not\.)?(?:and|or))(\(.*\))', part, re.DOTALL)
            if inner:
                parts.append(self.logic(inner[1], inner[2], alias))
            else:
                term = re.fullmatch(r'([^.]+)\.((?:not\.)?[\w()]+)\.(.*)', part, re.DOTALL)
                if not term:
                    raise bad_query(part)
                parts.append(self.condition(term[1], f'{term[2]}.{unquote(term[3])}', alias))
        found = f' {word[-3:].strip(".")} '.join(parts)
        return f'not ({found})' if negated else f'({found})'

    def where(self, filters, alias):
        found = []
        for name, value in filters:
            if name in ('and', 'or', 'not.and', 'not.or'):
                found.append(self.logic(name, value, alias))
            else:
                found.append(self.condition(name, value, alias))
        return found

    def order(self, text, alias):
        found = []
        for part in split(text):
            term = re.fullmatch(r'([^.()]+)(\.asc|\.desc)?(\.nullsfirst|\.nullslast)?', part)
            if not term:
                raise bad_query(part)
            found.append(self.path(term[1], alias) + (term[2] or '').replace('.', ' ')
                         + (term[3] or '').replace('.nulls', ' nulls '))
        return found


def whole(name, text):
    if not re.fullmatch(r'\d{1,9}', text):
        raise bad_query(f'{name}={text}')
    return int(text)


class Rest:
    """The schema and how to read it."""

    def __init__(self, config):
        self.config = config
        self.schema = config['db-schemas'].split(',')[0].strip()
        secret = config['jwt-secret']
        if secret.startswith('@'):
            with open(secret[1:], 'rb') as file:
                self.secret = file.read().strip()
        else:
            self.secret = secret.encode()
        if len(self.secret) < 32:
            raise SystemExit('jwt-secret must be at least 32 bytes long')
        self.max_rows = int(config['db-max-rows']) if config.get('db-max-rows') else None
        self.pool = queue.LifoQueue()
        self.slots = threading.Semaphore(int(config.get('db-pool', 10)))
        self.lock = threading.Lock()
        self.read_at = 0

    def connection(self):
        try:
            found = self.pool.get_nowait()
            if not found.closed:
                return found
        except queue.Empty:
            pass
        try:
            return psycopg2.connect(self.config['db-uri'])
        except psycopg2.OperationalError as error:
            raise Refusal(503, 'PGRST000', 'Database connection error. Retrying the connection.', str(error)) from None

    def catalogue(self, cursor):
        """Relations and functions of the schema, as of a second ago."""
        with self.lock:
            if time.time() < self.read_at + 1:
                return
            cursor.execute("""
                select c.relname, a.attname, format_type(a.atttypid, null)
                from pg_catalog.pg_class as c join pg_catalog.pg_attribute as a on a.attrelid = c.oid
                where c.relnamespace = %s::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0
                    and not a.attisdropped order by c.relname, a.attnum""", (quoted(self.schema),))
            relations = {}
            for relation, column, kind in cursor:
                relations.setdefault(relation, {})[column] = kind
            cursor.execute("""
                select p.proname, p.proargnames, p.pronargdefaults, p.provolatile, p.proretset, p.prorettype = 'void'::regtype,
                    array(select format_type(t.oid, null) from unnest(p.proargtypes) with ordinality as t(oid, nr)
                        order by t.nr), p.proallargtypes is not null or t.typtype = 'c' as composite,
                    case when p.proallargtypes is not null then array(
                            select format_type(x.oid, null) from unnest(p.proallargtypes) with ordinality as x(oid, nr)
                            where p.proargmodes[x.nr] in ('t', 'o', 'b') order by x.nr) end,
                    case when p.proallargtypes is not null then array(
                            select p.proargnames[x.nr] from generate_subscripts(p.proallargtypes, 1) as x(nr)
                            where p.proargmodes[x.nr] in ('t', 'o', 'b') order by x.nr) end,
                    p.prorows = 1, r.relname, r.relnamespace = p.pronamespace
                from pg_catalog.pg_proc as p join pg_catalog.pg_type as t on t.oid = p.prorettype
                left join pg_catalog.pg_class as r on r.oid = t.typrelid
                where p.pronamespace = %s::regnamespace and p.prokind = 'f'""", (quoted(self.schema),))
            functions = {}
            for name, names, defaults, volatile, many, void, types, composite, outs, out_names, one, row, ours in cursor:
                inputs = list(zip((names or [])[:len(types)], types))
                functions.setdefault(name, []).append({
                    'inputs': dict(inputs), 'unnamed': len(inputs) < len(types),
                    'required': {n for n, _ in inputs[:len(types) - defaults]}, 'reads': volatile != 'v', 'many': many,
                    'void': void, 'composite': composite, 'columns': dict(zip(out_names, outs)) if outs else
                    relations.get(row, {}) if ours else {}, 'type': row, 'one': one or not many})
            cursor.execute("""
                with uses as (
                    select distinct v.relname as view, d.refobjid as relation, a.attname as attribute
                    from pg_catalog.pg_class as v join pg_catalog.pg_rewrite as w on w.ev_class = v.oid
                    join pg_catalog.pg_depend as d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
                        and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
                    join pg_catalog.pg_attribute as a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                    join pg_catalog.pg_attribute as o on o.attrelid = v.oid and o.attname = a.attname
                    where v.relnamespace = %s::regnamespace and v.relkind = 'v'
                )
                select f.view, array_agg(f.attribute::text order by n.nr), t.view, array_agg(t.attribute::text order by n.nr)
                from pg_catalog.pg_constraint as k
                cross join generate_subscripts(k.conkey, 1) as n(nr)
                join pg_catalog.pg_attribute as fa on fa.attrelid = k.conrelid and fa.attnum = k.conkey[n.nr]
                join pg_catalog.pg_attribute as ta on ta.attrelid = k.confrelid and ta.attnum = k.confkey[n.nr]
                join uses as f on f.relation = k.conrelid and f.attribute = fa.attname
                join uses as t on t.relation = k.confrelid and t.attribute = ta.attname
                where k.contype = 'f'
                group by k.oid, f.view, t.view having count(*) = cardinality(k.conkey)""", (quoted(self.schema),))
            self.keys = cursor.fetchall()
            cursor.execute("""
                select r.rolname, s.setting
                from pg_catalog.pg_db_role_setting as d join pg_catalog.pg_roles as r on r.oid = d.setrole
                cross join unnest(d.setconfig) as s(setting)
                where d.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))""")
            settings = {}
            for role, setting in cursor:
                settings.setdefault(role, []).append(setting.partition('=')[::2])
            self.relations, self.functions, self.settings, self.read_at = relations, functions, settings, time.time()

    def rows(self, cursor, source, name, columns, query, depth=0, condition=None):
        """SQL of the rows that a query asks of a source, SQL of their number, and what else was asked."""
        ask, alias = Query(cursor, name, columns), f't{depth}'
        top, below = [], {}
        for key, value in query:
            first, dot, rest = key.partition('.')
            if dot and first != 'not' and first not in columns:
                below.setdefault(first, []).append((rest, value))
            else:
                top.append((key, value))
        asked = dict(top)
        filters = [pair for pair in top if pair[0] not in ('select', 'order', 'limit', 'offset', 'columns', 'on_conflict')]
        where = ([condition] if condition else []) + ask.where(filters, alias)
        targets, joins, known = [], [], set()
        for number, item in enumerate(split(asked.get('select') or '*')):
            embed = re.fullmatch(r'(?:(\w+):)?(\w+)(?:!(\w+))?(?:!(\w+))?\((.*)\)', item, re.DOTALL)
            term = re.fullmatch(r'(?:([\w $-]+):(?!:))?([^:()]+)(?:::([a-z0-9_ \[\]]+))?', item)
            if item == '*':
                targets.append(f'{alias}.*')
            elif embed:
                child, join = embed[1] or embed[2], f'e{depth}_{number}'
                known.add(child)
                sql, one = self.embedded(cursor, name, embed[2], embed[5], below.get(child, []), depth)
                joins.append(f' left join lateral (select {"(json_agg(r) -> 0)" if one else "json_agg(r)"} as found from ({sql}) '
                             f'as r) as {join} on true')
                if 'inner' in (embed[3], embed[4]):
                    where.append(f'{join}.found is not null')
                found = f'{join}.found' if one else f"coalesce({join}.found, '[]')"
                targets.append(f'{found} as {quoted(child)}')
            elif term:
                found = ask.path(term[2], alias)
                found = f'cast({found} as {term[3]})' if term[3] else found
                targets.append(f'{found} as {quoted(term[1] or re.split("->>?", term[2])[-1])}')
            else:
                raise bad_query(item)
        for stranger in set(below) - known:
            raise Refusal(400, 'PGRST108', f"'{stranger}' is not an embedded resource in this request")
        base = f'from {source} as {alias}{"".join(joins)}' + (' where ' + ' and '.join(where) if where else '')
        sql = f'select {", ".join(targets)} {base}'
        if asked.get('order'):
            sql += ' order by ' + ', '.join(ask.order(asked['order'], alias))
        return sql, f'select count(*) {base}', asked

    def embedded(self, cursor, parent, child, select, query, depth):
        """SQL of the rows of another relation that belong to one of `parent`, and whether there is at most one."""
        outer, source, target, condition = f't{depth}', f'{quoted(self.schema)}.{quoted(child)}', child, None
        for function in self.functions.get(child, []):
            if list(function['inputs'].values()) in ([parent], [f'{self.schema}.{parent}']):
                source, target, one = f'{source}({outer})', function['type'], function['one']
                break
        else:
            ways = {(tuple(f), tuple(t), True) for fv, f, tv, t in self.keys if (fv, tv) == (parent, child)}
            ways |= {(tuple(t), tuple(f), False) for fv, f, tv, t in self.keys if (tv, fv) == (parent, child)}
            if len(ways) > 1:
                raise Refusal(300, 'PGRST201', f"Could not embed because more than one relationship was found for '{parent}' "
                              f"and '{child}'")
            if not ways:
                raise Refusal(400, 'PGRST200', f"Could not find a relationship between '{parent}' and '{child}' in the schema "
                              'cache')
            (mine, theirs, one), = ways
            condition = ' and '.join(f't{depth + 1}.{quoted(a)} = {outer}.{quoted(b)}' for a, b in zip(theirs, mine))
        sql, _, asked = self.rows(cursor, source, target, self.relations[target], [('select', select), *query], depth + 1,
                                  condition)
        for word in ('limit', 'offset'):
            sql += f' {word} {whole(word, asked[word])}' if asked.get(word) else ''
        return sql, one


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    server_version = 'stand-in'
    rest = None

    def address_string(self):
        return 'local'

    def log_message(self, *_):
        pass

    def answer(self, status, body, headers=(), reason=None):
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response(status, reason)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header('Content-Length', str(len(data)))
        try:
            self.end_headers()
            if self.command != 'HEAD' and status != 204:
                self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):  # nobody waits any more
            self.close_connection = True

    def handle_request(self):
        try:
            size = int(self.headers.get('Content-Length') or 0)
            body = self.rfile.read(size)
            self.answer(*self.serve(body))
        except Refusal as refusal:
            self.answer(refusal.status, json.dumps(refusal.body),
                        [('Content-Type', 'application/json; charset=utf-8'), *refusal.headers], refusal.reason)

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = handle_request

    def serve(self, body):
        rest = self.rest
        path, _, search = self.path.partition('?')
        try:
            query = urllib.parse.parse_qsl(search, keep_blank_values=True, errors='strict', max_num_fields=1000)
            path = urllib.parse.unquote(path, errors='strict')
        except ValueError:
            raise bad_query(search) from None
        if any('\0' in text for pair in query for text in pair):
            raise bad_query(search)
        claims = claims_of(self.headers.get('Authorization'), rest.config, rest.secret)
        role = (claims or {}).get('role') or rest.config.get('db-anon-role')
        if not role:
            raise Refusal(401, 'PGRST302', 'Anonymous access is disabled', headers=[('WWW-Authenticate', 'Bearer')])
        with rest.slots:
            connection = rest.connection()
            try:
                return self.transaction(connection, path, query, body, claims, role)
            except psycopg2.Error as error:
                raise refusal_of(error, claims is not None) from None
            except UnicodeEncodeError:
                raise bad_query(search) from None
            finally:
                if not connection.closed:
                    connection.rollback()
                    rest.pool.put(connection)

    def transaction(self, connection, path, query, body, claims, role):
        rest, parts = self.rest, path.strip('/').split('/')
        accept = self.headers.get('Accept') or '*/*'
        single = 'application/vnd.pgrst.object+json' in accept
        if not single and not re.search(r'\*/\*|application/(json|\*)|vnd\.pgrst', accept):
            raise Refusal(406, 'PGRST107', f'None of these media types are available: {accept}')
        with connection.cursor() as cursor:
            rest.catalogue(cursor)
            connection.rollback()
            if parts == [''] and self.command in ('GET', 'HEAD'):
                plan = None
            elif len(parts) == 1 and parts[0] in rest.relations:
                if self.command not in ('GET', 'HEAD'):
                    raise Refusal(501, 'STANDIN', 'The stand-in for PostgREST writes to no view')
                plan = ('relation', parts[0])
            elif len(parts) == 2 and parts[0] == 'rpc':
                plan = ('function', *self.function(parts[1], query, body))
            elif len(parts) == 1:
                raise Refusal(404, 'PGRST205', f"Could not find the table '{rest.schema}.{parts[0]}' in the schema cache")
            else:
                raise Refusal(404, 'PGRST125', 'Invalid path specified in request URL')
            reads = self.command in ('GET', 'HEAD') or plan is not None and plan[0] == 'function' and plan[1]['reads']
            cursor.execute('set transaction read only' if reads else 'select 1')
            for name, value in [('search_path', quoted(rest.schema)), ('role', role),
                                ('request.jwt.claims', json.dumps({'role': role, **(claims or {})})),
                                ('request.method', self.command), ('request.path', path),
                                ('request.headers', json.dumps({k.lower(): v for k, v in self.headers.items()})),
                                ('request.cookies', '{}'), *rest.settings.get(role, [])]:
                cursor.execute('select set_config(%s, %s, true)', (name, value))
            if rest.config.get('db-pre-request'):
                cursor.execute(f'select {rest.config["db-pre-request"]}()')
            if plan is None:
                return self.openapi(cursor)
            status, data, headers = self.read(cursor, plan, query, single)
            cursor.execute("""select nullif(current_setting('response.status', true), ''),
                nullif(current_setting('response.headers', true), '')""")
            own_status, own_headers = cursor.fetchone()
            connection.commit()
        headers += [pair for one in json.loads(own_headers or '[]') for pair in one.items()]
        return int(own_status or status), data, headers

    def function(self, name, query, body):
        candidates = self.rest.functions.get(name, [])
        if self.command in ('GET', 'HEAD'):
            names = {n for f in candidates for n in f['inputs']}
            arguments = {k: v for k, v in query if k in names}  # of several the last
            payload = json.dumps(arguments)
        elif self.command == 'POST':
            kind = (self.headers.get('Content-Type') or 'application/json').partition(';')[0].strip().lower()
            if kind not in ('application/json', 'application/vnd.pgrst.object+json'):
                raise Refusal(415, 'PGRST102', f'Content-Type not acceptable: {kind}')
            try:
                payload = body.decode('utf-8') or '{}'
                arguments = json.loads(payload, parse_constant=lambda _: 1 / 0)
            except (ValueError, ZeroDivisionError, RecursionError):
                raise Refusal(400, 'PGRST102', 'Empty or invalid json') from None
            if not isinstance(arguments, dict):
                raise Refusal(400, 'PGRST102', 'Empty or invalid json')
        else:
            raise Refusal(405, 'PGRST101', 'Cannot use the ' + self.command + ' method on RPC')
        for function in candidates:
            if not function['unnamed'] and function['required'] <= set(arguments) <= set(function['inputs']):
                return function, name, arguments, payload
        listed = ', '.join(sorted(arguments))
        raise Refusal(404, 'PGRST202', f'Could not find the function {self.rest.schema}.{name}({listed}) in the schema cache',
                      f'Searched for the function {self.rest.schema}.{name} with parameters {listed}, but no matches were '
                      'found in the schema cache.')

    def read(self, cursor, plan, query, single):
        rest = self.rest
        if plan[0] == 'relation':
            source, name, columns = f'{quoted(rest.schema)}.{quoted(plan[1])}', plan[1], rest.relations[plan[1]]
        else:
            _, function, name, arguments, payload = plan
            query = [(k, v) for k, v in query if self.command == 'POST' or k not in function['inputs']]
            columns = function['columns'] if function['composite'] else {'pgrst_scalar': None}
            given = [n for n in function['inputs'] if n in arguments]
            call = f'{quoted(rest.schema)}.{quoted(name)}(' + ', '.join(f'{quoted(n)} => a.{quoted(n)}' for n in given) + ')'
            record = f'json_to_record({literal(cursor, payload)}::json) as a(' + ', '.join(
                f'{quoted(n)} {function["inputs"][n]}' for n in given) + '), lateral ' if given else ''
            alias = 'f' if function['composite'] else 'f(pgrst_scalar)'
            source = f'(select f.* from {record}{call} as {alias})'
            if function['void']:
                cursor.execute(f'select from {source} as t')
                return 204, '', []
            if not function['composite']:
                cursor.execute(f'select {"coalesce(json_agg(t.pgrst_scalar), $$[]$$)" if function["many"] else "to_json(t.pgrst_scalar)"}'
                               f'::text from {source} as t')
                return 200, cursor.fetchone()[0] or 'null', [('Content-Type', 'application/json; charset=utf-8')]
        counted = re.search(r'count=(exact|planned|estimated)', self.headers.get('Prefer') or '')
        sql, count_sql, asked = rest.rows(cursor, source, name, columns, query)
        offset, limit = whole('offset', asked.get('offset') or '0'), rest.max_rows
        if asked.get('limit') is not None:
            limit = min(whole('limit', asked['limit']), limit if limit is not None else 2 ** 31)
        span = re.fullmatch(r'(?:items=)?(\d+)-(\d*)', self.headers.get('Range') or '') if self.command == 'GET' else None
        if span:
            offset = max(offset, int(span[1]))
            if span[2]:
                if int(span[2]) < int(span[1]):
                    raise Refusal(416, 'PGRST103', 'Requested range not satisfiable',
                                  'The lower boundary must be lower than or equal to the upper boundary in the Range header.')
                limit = min(int(span[2]) - int(span[1]) + 1, limit if limit is not None else 2 ** 31)
        page = sql + (f' limit {limit}' if limit is not None else '') + (f' offset {offset}' if offset else '')
        many = plan[0] == 'relation' or plan[1]['many']
        cursor.execute(f'select coalesce(json_agg(r), $$[]$$)::text, count(*), (json_agg(r) -> 0)::text from ({page}) as r')
        data, found, first = cursor.fetchone()
        total = None
        if counted:
            cursor.execute(count_sql)
            total = cursor.fetchone()[0]
        if total is not None and offset > 0 and offset >= total:
            raise Refusal(416, 'PGRST103', 'Requested range not satisfiable',
                          f'An offset of {offset} was requested, but there are only {total} rows.')
        kind = 'application/json; charset=utf-8'
        if single:
            if found != 1:
                raise Refusal(406, 'PGRST116', 'Cannot coerce the result to a single JSON object',
                              f'The result contains {found} rows')
            kind = 'application/vnd.pgrst.object+json; charset=utf-8'
        if single or not many:
            data = first or 'null'
        status = 206 if total is not None and found < total else 200
        shown = f'{offset}-{offset + found - 1}' if found else '*'
        return status, data, [('Content-Type', kind), ('Content-Range', f'{shown}/{"*" if total is None else total}')]

    def openapi(self, cursor):
        cursor.execute("""
            select '/' || c.relname, obj_description(c.oid, 'pg_class') from pg_catalog.pg_class as c
            where c.relnamespace = %(schema)s::regnamespace and c.relkind in ('r', 'p', 'v') and has_table_privilege(c.oid, 'select')
            union all
            select '/rpc/' || p.proname, obj_description(p.oid, 'pg_proc') from pg_catalog.pg_proc as p
            where p.pronamespace = %(schema)s::regnamespace and p.prokind = 'f' and has_function_privilege(p.oid, 'execute')
            order by 1""", {'schema': quoted(self.rest.schema)})
        paths = {}
        for path, comment in cursor:
            summary, _, description = (comment or '').partition('\n\n')
            paths[path] = {'get' if path[:5] != '/rpc/' else 'post': {'summary': summary, 'description': description}}
        return 200, json.dumps({'swagger': '2.0', 'paths': paths}), [
            ('Content-Type', 'application/openapi+json; charset=utf-8')]


def refusal_of(error, known):
    """How PostgREST says what PostgreSQL refused."""
    state = error.pgcode
    if state is None:
        return Refusal(503, 'PGRST001', 'Database connection lost. Retrying the connection.', str(error))
    said = error.diag
    if state == 'PGRST':
        body, how = json.loads(said.message_primary), json.loads(said.message_detail)
        return Refusal(how['status'], body['code'], body['message'], body.get('details'), body.get('hint'),
                       how.get('headers', {}).items(), how.get('status_text'))
    custom = re.fullmatch(r'PT(\d{3})', state)
    status = int(custom[1]) if custom else next((s for start, s in STATUS_OF_STATE if state.startswith(start)), 400)
    headers = []
    if state == '42501' and not known:
        status, headers = 401, [('WWW-Authenticate', 'Bearer')]
    return Refusal(status, state, said.message_primary, said.message_detail, said.message_hint, headers,
                   said.message_primary if custom else None)


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self):
        if os.path.exists(self.server_address):
            os.unlink(self.server_address)
        super().server_bind()


def main():
    config = read_config(sys.argv[1])
    Handler.rest = Rest(config)
    server = Server(config['server-unix-socket'], Handler)
    server.serve_forever()


if __name__ == '__main__':
    main()
