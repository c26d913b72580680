"""python3-authlib as Debian ships it: requests session, password, client credentials, refresh, code, introspection."""

import json
import os

from authlib.integrations.requests_client import OAuth2Session

KEYGATE = json.loads(os.environ["KEYGATE"])
TOKEN_URL = KEYGATE["gateway"] + "/token"


def facts(token):
    return {
        "access": token["access_token"],
        "refresh": token.get("refresh_token"),
        "type": token["token_type"].lower(),
        "expiresIn": token["expires_in"],
        "scope": token.get("scope"),
    }


def session(**more):
    return OAuth2Session(KEYGATE["clientId"], KEYGATE["clientSecret"], **more)


def by_password(client):
    return client.fetch_token(TOKEN_URL, username=KEYGATE["username"], password=KEYGATE["password"], scope="openid")


def client_credentials(method):
    return facts(session(token_endpoint_auth_method=method).fetch_token(TOKEN_URL, grant_type="client_credentials"))


def refresh():
    client = session()
    first = by_password(client)
    return facts(client.refresh_token(TOKEN_URL, refresh_token=first["refresh_token"]))


def introspection():
    client = session()
    token = by_password(client)
    url = KEYGATE["keyManager"] + "/oauth2/introspect"
    return client.introspect_token(url, token=token["access_token"]).json()


def revocation():
    client = session()
    token = by_password(client)
    answer = client.revoke_token(KEYGATE["gateway"] + "/revoke", token=token["access_token"])
    return answer.status_code


def call():
    client = session()
    client.fetch_token(TOKEN_URL, grant_type="client_credentials")
    return client.get(KEYGATE["resource"]).status_code


def authorization_code():
    client = session(redirect_uri=KEYGATE["redirectUri"], scope="openid", code_challenge_method="S256")
    verifier = "a" * 64
    url, state = client.create_authorization_url(KEYGATE["keyManager"] + "/oauth2/authorize", code_verifier=verifier)
    returned = log_in(url)
    return facts(client.fetch_token(TOKEN_URL, authorization_response=returned, state=state, code_verifier=verifier))


def log_in(url):
    import subprocess

    return subprocess.run(
        [KEYGATE["node"], KEYGATE["logIn"], url], check=True, capture_output=True, text=True, env=os.environ
    ).stdout.strip()


def attempt(flow):
    try:
        return flow()
    except Exception as error:  # noqa: BLE001 - the test shows it
        return {"failed": repr(error)}


print(
    json.dumps(
        {
            "client_credentials, Basic": attempt(lambda: client_credentials("client_secret_basic")),
            "client_credentials, in the body": attempt(lambda: client_credentials("client_secret_post")),
            "password": attempt(lambda: facts(by_password(session()))),
            "refresh_token": attempt(refresh),
            "introspection": attempt(introspection),
            "revocation": attempt(revocation),
            "a call": attempt(call),
            "authorization_code with PKCE": attempt(authorization_code),
        }
    )
)
