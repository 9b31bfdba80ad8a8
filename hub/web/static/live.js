// Keeps a live page up to date: shows what the stream sends, says when it stops, can be paused.
// The server words everything; this only puts the words in their places.

const SILENCE_MS = 40_000; // The server gives a sign of life every 15 s.
const ASK_MS = 15_000; // When all places for live pages are taken, the page asks instead.
const TRY_STREAM_EVERY = 4; // asks
const ANNOUNCE_MS = 10_000; // Screen readers are told at most this often.
const HIDDEN_MS = 10_000; // A page that nobody sees gives its place back.
const RELOAD_HOUR = 4; // A screen on a wall starts afresh each night.

class LivePage {
  constructor(root) {
    this.root = root;
    this.text = root.dataset;
    this.bar = root.querySelector("[data-live-bar]");
    this.status = root.querySelector("[data-status]");
    this.button = root.querySelector("[data-pause]");
    this.speaker = root.querySelector("[data-announce]");
    this.asOf = this.status.textContent.match(/\d\d:\d\d(:\d\d)?/)?.[0] ?? "";
    this.said = this.summary();
    this.source = null;
    this.asks = 0;
    this.lastSign = Date.now();

    this.button.hidden = false;
    this.button.addEventListener("click", () => (this.isPaused ? this.resume() : this.pause()));
    document.addEventListener("visibilitychange", () => this.seenOrNot());
    addEventListener("pagehide", () => this.disconnect());
    addEventListener("pageshow", (event) => event.persisted && !this.isPaused && this.connect());
    setInterval(() => this.watch(), 5_000);
    setInterval(() => this.announce(), ANNOUNCE_MS);
    if ("screen" in root.dataset) this.reloadAtNight();
    this.connect();
  }

  get isPaused() {
    return this.mode === "paused";
  }

  // --- The connection ---

  connect() {
    this.disconnect();
    this.lastSign = Date.now();
    const source = new EventSource(this.text.stream);
    this.source = source;
    source.addEventListener("occupancy", (event) => this.show(JSON.parse(event.data), "live"));
    source.addEventListener("stand", (event) => this.stand(JSON.parse(event.data).as_of, "live"));
    // The server ends each connection after a while, so that rights are asked anew: no reason to alarm anyone.
    source.addEventListener("again", () => this.connect());
    source.addEventListener("error", () => {
      if (source !== this.source) return;
      if (source.readyState === EventSource.CLOSED) this.ask();
      else this.enter("broken");
    });
  }

  disconnect() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  // No stream: ask for the same picture, and try the stream again now and then.
  async ask() {
    this.disconnect();
    this.asks += 1;
    try {
      const answer = await fetch(this.text.now, { cache: "no-store" });
      if (this.isPaused || this.source) return;
      // The space is gone: load the page, which says so.
      if (answer.status === 404) return location.reload();
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      const wasBroken = this.mode === "broken";
      this.show(await answer.json(), "asking");
      if (wasBroken || this.asks % TRY_STREAM_EVERY === 0) return this.connect();
    } catch {
      this.enter("broken");
    }
    this.timer = setTimeout(() => this.ask(), ASK_MS);
  }

  // A connection can die without a word: a cable pulled, a notebook asleep.
  watch() {
    if (this.source && Date.now() - this.lastSign > SILENCE_MS) {
      this.enter("broken");
      this.connect();
    }
  }

  seenOrNot() {
    clearTimeout(this.hiding);
    if (this.isPaused) return;
    if (document.hidden) this.hiding = setTimeout(() => this.disconnect(), HIDDEN_MS);
    else if (!this.source) this.connect();
  }

  pause() {
    this.disconnect();
    this.enter("paused");
  }

  resume() {
    this.enter("still");
    this.connect();
  }

  // --- What is shown ---

  show({ as_of: asOf, view }, mode) {
    // Desks were added, or the space decided to show more or less: this page has no place for it.
    if (view.layout !== this.text.layout || view.detail !== this.text.detail) return location.reload();
    put(this.find("sentence"), view.sentence);
    put(this.find("besides"), view.besides);
    put(this.find("opening-words"), view.opening);
    this.find("opening").hidden = !view.opening;
    this.find("opening").dataset.open = view.is_open ? "yes" : "no";
    for (const desk of view.desks) this.showDesk(desk);
    for (const count of this.root.querySelectorAll("[data-count]")) {
      put(count, String(view.tally?.[count.dataset.count] ?? ""));
      count.closest("li").hidden = count.dataset.count in OPTIONAL && !view.tally?.[count.dataset.count];
    }
    for (const name of ["now", "next"]) {
      const place = this.find(`reserved-${name}`);
      put(place, view[`reserved_${name}`]);
      if (place) place.closest("p").hidden = !view[`reserved_${name}`];
    }
    this.stand(asOf, mode);
  }

  showDesk(desk) {
    for (const place of this.root.querySelectorAll(`[data-desk="${CSS.escape(desk.id)}"]`)) {
      if (place.dataset.state !== desk.state) {
        place.dataset.state = desk.state;
        for (const use of place.querySelectorAll("use")) use.setAttribute("href", `#mark-${desk.state}`);
        place.classList.remove("just-changed");
        void place.getBoundingClientRect(); // begins the animation anew
        place.classList.add("just-changed");
      }
      put(place.querySelector("title"), `${desk.name}: ${desk.word}`);
      put(place.querySelector("[data-word]"), desk.word);
      put(place.querySelector("[data-note]"), desk.note);
      const book = place.querySelector("[data-book]");
      if (book) book.hidden = !BOOKABLE[desk.state];
    }
  }

  stand(asOf, mode) {
    this.lastSign = Date.now();
    this.asOf = asOf;
    this.enter(mode);
  }

  enter(mode) {
    const before = this.mode;
    this.mode = mode;
    this.bar.dataset.mode = mode;
    this.root.dataset.modeOfPage = mode;
    put(this.status, this.text[TEXT_OF[mode]].replace("{time}", this.asOf));
    put(this.button, mode === "paused" ? this.text.textResume : this.text.textPause);
    if (mode === "broken" && before !== "broken") this.speak(this.status.textContent);
    if (mode === "live" && before === "broken") this.speak(this.text.textBack);
  }

  // --- What is said to those who listen ---

  summary() {
    const besides = this.find("besides").textContent;
    return this.find("sentence").textContent + (besides && `, ${besides}`);
  }

  announce() {
    if (this.mode !== "live" && this.mode !== "asking") return;
    const summary = this.summary();
    if (summary !== this.said) this.speak((this.said = summary));
  }

  speak(text) {
    put(this.speaker, text);
  }

  find(name) {
    return this.root.querySelector(`[data-${name}]`);
  }

  // --- A screen that nobody touches ---

  reloadAtNight() {
    const next = new Date();
    next.setHours(RELOAD_HOUR, Math.floor(Math.random() * 60), 0, 0);
    if (next <= new Date()) next.setDate(next.getDate() + 1);
    const reload = async () => {
      // Only when the page can be had: a browser's own error page would stay until someone comes.
      const answer = await fetch(this.text.now, { cache: "no-store" }).catch(() => null);
      if (answer?.ok) location.reload();
      else setTimeout(reload, 60_000);
    };
    setTimeout(reload, next - new Date());
  }
}

const OPTIONAL = { booked: true, unknown: true, out_of_service: true };
const BOOKABLE = { free: true, booked: true, unknown: true };
const TEXT_OF = { still: "textStill", live: "textLive", asking: "textAsking", paused: "textPaused", broken: "textBroken" };

// Unchanged text is left alone: screen readers and browsers notice every touch.
function put(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

const root = document.querySelector("[data-live]");
if (root) new LivePage(root);
