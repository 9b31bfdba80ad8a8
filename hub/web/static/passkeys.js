// Passkeys: asks the browser for one, or to make one, and sends what it says. Without this there are other ways to sign in.

const fromBase64 = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));

const toBase64 = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function post(address, token, body) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
  // Whoever has been signed out, or has signed in too long ago, is asked to sign in.
  if (answer.redirected) {
    location.assign(answer.url);
    return new Promise(() => {});
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.problem ?? "");
  return told;
}

function say(root, text) {
  const place = root.querySelector("[data-passkey-problem]");
  place.textContent = text;
  place.hidden = !text;
}

async function attempt(root, work) {
  say(root, "");
  try {
    const told = await work();
    location.assign(told.next);
  } catch (error) {
    // The browser's own words are for programmers; the server's are for people.
    say(root, error instanceof DOMException || !error.message ? root.dataset.textFailed : error.message);
  }
}

async function show(root) {
  const { options, answer, token, next } = root.dataset;
  const asked = await post(options, token, {});
  const found = await navigator.credentials.get({ publicKey: { ...asked, challenge: fromBase64(asked.challenge) } });
  const said = found.response;
  return post(answer, token, {
    next,
    for_long: document.querySelector("[name=for_long]")?.checked ?? false,
    answer: {
      id: found.id,
      rawId: toBase64(found.rawId),
      type: found.type,
      response: {
        clientDataJSON: toBase64(said.clientDataJSON),
        authenticatorData: toBase64(said.authenticatorData),
        signature: toBase64(said.signature),
        userHandle: said.userHandle ? toBase64(said.userHandle) : null,
      },
    },
  });
}

async function make(root) {
  const { options, answer, token } = root.dataset;
  const asked = await post(options, token, {});
  const known = (asked.excludeCredentials ?? []).map((one) => ({ ...one, id: fromBase64(one.id) }));
  const made = await navigator.credentials.create({
    publicKey: {
      ...asked,
      challenge: fromBase64(asked.challenge),
      user: { ...asked.user, id: fromBase64(asked.user.id) },
      excludeCredentials: known,
    },
  });
  return post(answer, token, {
    name: root.querySelector("[name=name]").value,
    answer: {
      id: made.id,
      rawId: toBase64(made.rawId),
      type: made.type,
      response: {
        clientDataJSON: toBase64(made.response.clientDataJSON),
        attestationObject: toBase64(made.response.attestationObject),
      },
    },
  });
}

if (window.PublicKeyCredential) {
  const ask = document.querySelector("[data-passkey]");
  if (ask) {
    ask.hidden = false;
    ask.querySelector("[data-passkey-button]").addEventListener("click", () => attempt(ask, () => show(ask)));
  }
}

const form = document.querySelector("[data-passkey-new]");
if (form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(form, () => make(form));
  });
}
