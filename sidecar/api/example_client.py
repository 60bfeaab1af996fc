# SPDX-License-Identifier: Apache-2.0
"""A small client of Gavel's API with the method names of the platform's SDK. Needs nothing but Python 3.9.

    client = OpenDataGovClient(base_url="http://127.0.0.1:8000", auth_token=token)
    decision = await client.mlops.request_promotion(model_name="churn", model_version=1,
                                                    source_stage="staging", target_stage="production")
    await client.decisions.approve(decision_id=decision.decision_id, approver_id="da-001")
    status = await client.mlops.get_promotion_status(decision.decision_id)

Answers are dictionaries whose keys can also be read as attributes. An answer of 400 and above raises ApiError, whose
text is what the server said.
"""

import asyncio
import json
import urllib.error
import urllib.parse
import urllib.request
import uuid

__all__ = ["ApiError", "OpenDataGovClient", "Record"]


class ApiError(Exception):
    """The server refused, or could not be reached (then `status` is 0)."""

    def __init__(self, status, detail, path):
        super().__init__(f"{path}: {detail}" if status == 0 else f"{path}: {status}: {detail}")
        self.status = status
        self.detail = detail


class Record(dict):
    """A JSON object; `record.status` is `record["status"]`."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token elsewhere; the API has none."""

    def redirect_request(self, *_args, **_kwargs):
        return None


def _detail(error):
    """What the server said: {"detail": …}, or the status' own phrase when something else answered."""
    try:
        return str(json.loads(error.read())["detail"])
    except (ValueError, KeyError, TypeError, OSError):
        return error.reason


class _Connection:
    def __init__(self, base_url, auth_token, timeout, workspace):
        self.base_url = base_url.rstrip("/")
        self.auth_token = auth_token
        self.timeout = timeout
        self.workspace = workspace
        # No proxy from the environment: the token is meant for this server alone.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _StayHere)

    def _request(self, method, path, data, headers):
        request = urllib.request.Request(self.base_url + path, data=data, method=method)
        request.add_header("Accept", "application/json")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        if self.auth_token:
            request.add_header("Authorization", f"Bearer {self.auth_token}")
        if self.workspace:
            request.add_header("X-MLFLOW-WORKSPACE", self.workspace)
        for name, value in headers.items():
            request.add_header(name, value)
        return request

    def send(self, method, path, data, headers):
        try:
            with self.opener.open(self._request(method, path, data, headers), timeout=self.timeout) as answer:
                return json.loads(answer.read(), object_hook=Record)
        except urllib.error.HTTPError as error:
            raise ApiError(error.code, _detail(error), path) from None
        except urllib.error.URLError as error:
            raise ApiError(0, f"cannot reach {self.base_url}: {error.reason}", path) from None
        except (OSError, ValueError) as error:
            raise ApiError(0, f"no usable answer from {self.base_url}: {error}", path) from None

    async def call(self, method, path, body=None, query=None, headers=None):
        asked = {name: value for name, value in (query or {}).items() if value is not None}
        if asked:
            path += "?" + urllib.parse.urlencode(asked)
        # NaN is no JSON; json.dumps says so before anything is sent.
        data = None if body is None else json.dumps(body, allow_nan=False).encode()
        return await asyncio.to_thread(self.send, method, path, data, headers or {})


def _said(**members):
    """Only what the caller gave: what is None is left out."""
    return {name: value for name, value in members.items() if value is not None}


def _segment(text):
    return urllib.parse.quote(str(text), safe="")


class Mlops:
    """Promotions and retrainings."""

    def __init__(self, connection):
        self._connection = connection

    async def _ask(self, path, body, idempotency_key):
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        return await self._connection.call("POST", path, body, headers=headers)

    async def request_promotion(self, *, model_name, model_version, target_stage, source_stage=None,
                                mlflow_run_id=None, mlflow_model_uri=None, justification=None,
                                performance_metrics=None, idempotency_key=None):
        """Asks for a promotion: decision_id, status, message, approval_required. Calling again with the same
        idempotency_key asks only once."""
        body = _said(model_name=model_name, source_stage=source_stage, target_stage=target_stage,
                     model_version=model_version, mlflow_run_id=mlflow_run_id, mlflow_model_uri=mlflow_model_uri,
                     justification=justification, performance_metrics=performance_metrics)
        return await self._ask("/api/v1/mlops/model-promotion", body, idempotency_key)

    async def get_promotion_status(self, decision_id):
        """Status, approved_by, metadata, execution, and whom a waiting request waits for."""
        return await self._connection.call("GET", f"/api/v1/mlops/model-promotion/{_segment(decision_id)}")

    async def request_retraining(self, *, model_name, reason, drift_score=None, drift_details=None,
                                 requester_id=None, idempotency_key=None):
        """Asks for a retraining; requester_id, when given, must be the token's own."""
        body = _said(model_name=model_name, reason=reason, drift_score=drift_score, drift_details=drift_details,
                     requester_id=requester_id)
        return await self._ask("/api/v1/mlops/model-retraining", body, idempotency_key)

    async def get_retraining_status(self, decision_id):
        """As get_promotion_status."""
        return await self._connection.call("GET", f"/api/v1/mlops/model-retraining/{_segment(decision_id)}")


class Decisions:
    """Decisions and votes."""

    def __init__(self, connection):
        self._connection = connection

    async def _vote(self, vote, decision_id, approver_id, comments):
        body = _said(vote=vote, approver_id=approver_id, comments=comments)
        return await self._connection.call("POST", f"/api/v1/decisions/{_segment(decision_id)}/approve", body)

    async def approve(self, *, decision_id, approver_id=None, comments=None):
        """Votes for it; approver_id, when given, must be the token's own. Returns the vote."""
        return await self._vote("approve", decision_id, approver_id, comments)

    async def reject(self, *, decision_id, approver_id=None, comments=None):
        """Votes against it."""
        return await self._vote("reject", decision_id, approver_id, comments)

    async def abstain(self, *, decision_id, approver_id=None, comments=None):
        """Uses up the vote without taking a side."""
        return await self._vote("abstain", decision_id, approver_id, comments)

    async def get(self, decision_id):
        """One decision."""
        return await self._connection.call("GET", f"/api/v1/decisions/{_segment(decision_id)}")

    async def approvals(self, decision_id):
        """The votes cast so far."""
        return await self._connection.call("GET", f"/api/v1/decisions/{_segment(decision_id)}/approvals")

    async def list(self, *, domain_id=None, status=None, limit=None, offset=None):
        """Decisions, newest first."""
        query = {"domain_id": domain_id, "status": status, "limit": limit, "offset": offset}
        return await self._connection.call("GET", "/api/v1/decisions", query=query)


class OpenDataGovClient:
    """The API at base_url, as the person of auth_token."""

    def __init__(self, base_url, auth_token=None, *, timeout=30.0, workspace=None):
        connection = _Connection(base_url, auth_token, timeout, workspace)
        self.mlops = Mlops(connection)
        self.decisions = Decisions(connection)
