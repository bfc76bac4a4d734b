"""Golden signatures of src/data/remote from botocore. Run: python test/golden/signature.py > test/golden/signature.json"""

import datetime
import json
import sys
from unittest import mock

import botocore
from botocore import auth, awsrequest, credentials

cases = [
    ("https://tables.s3.eu-central-1.amazonaws.com/years/2024/a%20b%2Bc%26%28%C3%BC%29~.csv", "eu-central-1", None),
    ("https://s3.us-west-2.amazonaws.com/dotted.bucket/x%3D1/%25.csv", "us-west-2", "a+session/token=="),
    (
        "https://tables.s3.us-east-1.amazonaws.com/"
        "?continuation-token=1%2Bab%2Fc%3D%3D&list-type=2&prefix=years%2Fa%20b%2B%C3%BC",
        "us-east-1",
        None,
    ),
    ("http://127.0.0.1:9000/tables/t.csv", "us-east-1", None),
    ("https://tables.s3.us-east-1.amazonaws.com/a//b/.csv", "us-east-1", "token"),
]
now = datetime.datetime(2026, 2, 3, 4, 5, 6, tzinfo=datetime.timezone.utc)
out = []
for url, region, token in cases:
    keys = credentials.Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token)
    request = awsrequest.AWSRequest(method="GET", url=url)
    # The signer takes its time from here, under either of its names in botocore's versions.
    with mock.patch.object(auth, "get_current_datetime", lambda *a, **k: now.replace(tzinfo=None)):
        auth.S3SigV4Auth(keys, "s3", region).add_auth(request)
    out.append(
        {
            "url": url,
            "region": region,
            "token": token,
            "contentHash": request.headers["X-Amz-Content-SHA256"],
            "time": request.headers["X-Amz-Date"],
            "authorization": request.headers["Authorization"],
        }
    )
json.dump({"botocore": botocore.__version__, "cases": out}, sys.stdout, indent=1)
print()
