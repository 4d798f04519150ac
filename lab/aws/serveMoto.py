"""Runs moto's server, and ends it when the process that started it ends.

moto evaluates bucket policies without their conditions, so one that denies requests without TLS would deny them all.
Loopback counts as TLS here: such statements are left out of its evaluation. What is stored stays as it is.
"""

import ctypes
import json
import signal

PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

from moto.iam.access_control import IAMPolicy, PermissionResult  # noqa: E402 (slow: the line above must not wait)
from moto.s3.models import FakeBucket  # noqa: E402
from moto.server import main  # noqa: E402


def _wants_tls(statement):
    return statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}


def _get_permission(bucket, action, resource):
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    policy["Statement"] = [one for one in policy["Statement"] if not _wants_tls(one)]
    if not policy["Statement"]:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


FakeBucket.get_permission = _get_permission

main()
