// Pages of members and hosts, made livelier: parts that keep themselves up to date, lists that are searched while
// typing, seconds that count down, names that are initials while
// nobody is there. The server words everything; without this, the pages say the same when loaded again.

const POLL = { "X-Ankerort-Poll": "1" }; // Such a request does not prolong the session.

// --- Parts that keep themselves up to date ---------------------------------------------------------------------------

class Fresh {
  constructor(root) {
    this.root = root;
    this.everyMs = Number(root.dataset.refresh) * 1000;
    this.waits = root.querySelector("[data-waits]") !== null;
    this.plan();
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
  }

  plan() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), this.everyMs);
  }

  async look() {
    clearTimeout(this.timer);
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href, { cache: "no-store", headers: POLL });
      // Signed out meanwhile, or the thing is gone: the page itself says so.
      if (answer.redirected || answer.status === 404) return location.reload();
      if (answer.ok) this.show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // Not reachable: what is shown says of when it is.
    }
    if (!this.waits || this.root.querySelector("[data-waits]")) this.plan();
  }

  show(page) {
    const fresh = new Map([...page.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
    const shown = [...this.root.querySelectorAll("[data-part]")];
    if (shown.some((part) => !fresh.has(part.dataset.part)) || shown.length !== fresh.size) {
      // A door or a button has come or gone; whoever is filling something in is left in peace.
      if (!isBusy()) location.reload();
      return;
    }
    for (const part of shown) replace(part, fresh.get(part.dataset.part));
    countDown();
  }
}

function isBusy() {
  return document.activeElement?.closest("form") !== null && document.activeElement?.closest("form") !== undefined;
}

function replace(part, fresh) {
  // Tokens of forms differ each time and mean the same.
  if (same(part) === same(fresh)) return;
  const focused = part.contains(document.activeElement) ? [...focusable(part)].indexOf(document.activeElement) : -1;
  part.toggleAttribute("data-waits", fresh.hasAttribute("data-waits"));
  part.replaceChildren(...fresh.cloneNode(true).childNodes);
  if (focused >= 0) [...focusable(part)][focused]?.focus();
}

function same(part) {
  return part.innerHTML.replace(/name="csrf_token" value="[^"]*"/g, "").replace(/data-countdown="\d+">\d+/g, "");
}

function focusable(part) {
  return part.querySelectorAll("a[href], button, summary, input:not([type=hidden])");
}

// --- Seconds that count down -----------------------------------------------------------------------------------------

function countDown() {
  for (const place of document.querySelectorAll("[data-countdown]:not([data-counting])")) {
    place.dataset.counting = "";
    const endsAt = Date.now() + Number(place.dataset.countdown) * 1000;
    const timer = setInterval(() => {
      if (!place.isConnected) return clearInterval(timer);
      place.textContent = String(Math.max(0, Math.ceil((endsAt - Date.now()) / 1000)));
    }, 250);
  }
}

// --- Lists that are searched while typing ----------------------------------------------------------------------------

function searchWhileTyping(form) {
  const field = form.querySelector("input[type=search]");
  const list = document.querySelector("[data-search-list]");
  const count = document.querySelector("[data-search-count]");
  if (!list || !count) return;
  // The server has left out what did not match the word that the page was loaded with.
  const isWhole = !new URLSearchParams(location.search).get("q");
  if (!isWhole) return;
  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const item of list.children) {
      item.hidden = !words.every((word) => item.dataset.searchText.includes(word));
      if (!item.hidden) shown += 1;
    }
    const { one, many, none } = count.dataset;
    count.textContent = shown === 0 ? none : shown === 1 ? one : many.replace("{count}", String(shown));
  });
}

// --- Names that only show to those who touch the page ----------------------------------------------------------------

const IDLE_MS = 20_000;

class Names {
  constructor(place) {
    this.place = place;
    for (const sign of ["pointerdown", "pointermove", "keydown", "focusin"]) {
      document.addEventListener(sign, () => this.show(), { passive: true });
    }
    this.hide();
  }

  show() {
    clearTimeout(this.timer);
    this.place.classList.remove("is-idle");
    this.timer = setTimeout(() => this.hide(), IDLE_MS);
  }

  hide() {
    this.place.classList.add("is-idle");
  }
}

// What has the focus in a wide table is all in view: browsers are content with a part of it.
for (const wide of document.querySelectorAll(".wide")) {
  wide.addEventListener("focusin", (event) => event.target.scrollIntoView({ block: "nearest", inline: "nearest" }));
}
for (const place of document.querySelectorAll("[data-names]")) new Names(place);
for (const root of document.querySelectorAll("[data-refresh]")) new Fresh(root);
for (const form of document.querySelectorAll("[data-search]")) searchWhileTyping(form);
countDown();
