#!/usr/bin/python3
"""validate_events.py FOLDER: reads an event a line and prints for each "KIND ok", or "KIND" and what its schema in FOLDER says.

Stricter than the schemas: a field that they do not name is a fault, so that nothing is told that is not described.
"""
import json
import pathlib
import sys

from jsonschema import Draft202012Validator, FormatChecker


def closed(schema):
    """The schema with every object that names its properties closed to others"""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        schema["additionalProperties"] = False
    return schema


validators = {}
for path in pathlib.Path(sys.argv[1]).glob("*.json"):
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validators[path.stem] = Draft202012Validator(closed(schema), format_checker=FormatChecker())
for line in sys.stdin:
    event = json.loads(line)
    kind = event.get("kind")
    if kind not in validators:
        print(kind, "has no schema")
        continue
    faults = [f"{fault.json_path} {fault.message}" for fault in validators[kind].iter_errors(event)]
    print(kind, "; ".join(faults).replace("\n", " ") or "ok")
