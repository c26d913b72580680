"""python3-requests-oauthlib as Debian ships it. It raises when the granted scope is not the one it asked for."""

import json
import os
import subprocess

from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

KEYGATE = json.loads(os.environ["KEYGATE"])
TOKEN_URL = KEYGATE["gateway"] + "/token"
AUTH = HTTPBasicAuth(KEYGATE["clientId"], KEYGATE["clientSecret"])


def facts(token):
    return {
        "access": token["access_token"],
        "refresh": token.get("refresh_token"),
        "type": token["token_type"].lower(),
        "expiresIn": token["expires_in"],
        "scope": " ".join(token.get("scope") or []),
    }


def client_credentials():
    client = OAuth2Session(client=BackendApplicationClient(client_id=KEYGATE["clientId"]))
    return facts(client.fetch_token(TOKEN_URL, auth=AUTH))


def by_password(client):
    return client.fetch_token(TOKEN_URL, username=KEYGATE["username"], password=KEYGATE["password"], auth=AUTH)


def password_session():
    return OAuth2Session(client=LegacyApplicationClient(client_id=KEYGATE["clientId"], scope=["openid"]))


def refresh():
    client = password_session()
    first = by_password(client)
    return facts(client.refresh_token(TOKEN_URL, refresh_token=first["refresh_token"], auth=AUTH))


def call():
    client = password_session()
    by_password(client)
    return client.get(KEYGATE["resource"]).status_code


def authorization_code():
    client = OAuth2Session(KEYGATE["clientId"], redirect_uri=KEYGATE["redirectUri"], scope=["openid"])
    url, _state = client.authorization_url(KEYGATE["keyManager"] + "/oauth2/authorize")
    returned = subprocess.run(
        [KEYGATE["node"], KEYGATE["logIn"], url], check=True, capture_output=True, text=True, env=os.environ
    ).stdout.strip()
    return facts(client.fetch_token(TOKEN_URL, authorization_response=returned, auth=AUTH))


def attempt(flow):
    try:
        return flow()
    except Exception as error:  # noqa: BLE001 - the test shows it
        return {"failed": repr(error)}


print(
    json.dumps(
        {
            "client_credentials": attempt(client_credentials),
            "password": attempt(lambda: facts(by_password(password_session()))),
            "refresh_token": attempt(refresh),
            "a call": attempt(call),
            "authorization_code": attempt(authorization_code),
        }
    )
)
