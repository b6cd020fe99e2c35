#!/usr/bin/env python3
"""Writes notifications into the outbox, and into a file how each transaction ended, whatever happens to the server.

    writer.py CONNINFO FILE NUMBER NOTIFICATIONS PER_SECOND

The writer NUMBER makes at least that many notifications for the channel `ledger`, and goes on until there is a file FILE.stop;
1 to 3 in a transaction, some of which it takes back.
A line of FILE (JSON) has the ids by name and the end of the transaction: committed (the server said so), taken back, failed
(before COMMIT was sent) or in doubt (the answer to COMMIT never came).
"""

import json
import os
import random
import sys
import time

sys.path.append("/usr/lib/python3/dist-packages")  # where Debian puts psycopg2
import psycopg2  # noqa: E402


def connect(conninfo):
    while True:
        try:
            return psycopg2.connect(conninfo)
        except psycopg2.OperationalError:
            time.sleep(0.05)


def transaction(connection, names, take_back):
    """Returns how it ended and the ids by name."""
    ids, end = {}, "failed"
    try:
        with connection.cursor() as cursor:
            for name in names:
                cursor.execute("select cs_health._enqueue('ledger', 'test', jsonb_build_object('name', %s), %s)", (name, name))
                ids[name] = cursor.fetchone()[0]
        if take_back:
            end = "taken back"
            connection.rollback()
        else:
            end = "in doubt"
            connection.commit()
            end = "committed"
    except psycopg2.Error as error:
        if error.pgcode and error.pgcode[:2] not in ("57", "08"):  # not the server's or the connection's end
            raise
    return end, ids


def main():
    conninfo, path, number, notifications, per_second = sys.argv[1:]
    chance = random.Random(int(number))
    done, start, connection = 0, time.monotonic(), connect(conninfo)
    with open(path, "a", buffering=1, encoding="ascii") as file:
        while done < int(notifications) or not os.path.exists(path + ".stop"):
            names = [f"{number} {done + n}" for n in range(chance.randint(1, 3))]
            end, ids = transaction(connection, names, chance.random() < 0.1)
            file.write(json.dumps({"end": end, "names": names, "ids": ids}) + "\n")
            done += len(names)
            if end in ("failed", "in doubt"):
                connection.close()
                connection = connect(conninfo)
            time.sleep(max(0, start + done / float(per_second) - time.monotonic()))


if __name__ == "__main__":
    main()
