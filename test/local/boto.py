"""Calls AWS with boto3 for the tests: one JSON request a line in, one JSON answer a line out."""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

clients = {}


def encode(value: object) -> str:
    return str(value.read().decode()) if hasattr(value, "read") else str(value)


for line in sys.stdin:
    service, operation, parameters = json.loads(line)
    if service not in clients:
        # The local endpoint has no host names of its own: MWAA's `api.` goes through it as a proxy instead.
        clients[service] = boto3.client(
            service, config=Config(inject_host_prefix=False, retries={"total_max_attempts": 1})
        )
    try:
        answer = getattr(clients[service], operation)(**parameters)
        answer.pop("ResponseMetadata", None)
        print(json.dumps({"answer": answer}, default=encode), flush=True)
    except ClientError as error:
        print(json.dumps({"error": error.response["Error"]}, default=encode), flush=True)
    except Exception as error:  # the test says what it expected instead
        print(json.dumps({"error": {"Code": type(error).__name__, "Message": str(error)}}), flush=True)
