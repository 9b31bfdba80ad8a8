// Says some minutes before a session ends that it will, and lets it go on (WCAG 2.2.1, requirement A7).

const WARN_S = 300;

class Session {
  constructor(box) {
    this.box = box;
    this.text = box.dataset;
    this.said = box.querySelector("[data-session-text]");
    this.endsAt = Date.now() + Number(this.text.left) * 1000;
    box.querySelector("form").addEventListener("submit", (event) => this.stay(event));
    setInterval(() => this.look(), 5_000);
    // A notebook that slept, or a page that was kept in the background: its timers stood still.
    document.addEventListener("visibilitychange", () => document.hidden || this.look());
  }

  get leftS() {
    return (this.endsAt - Date.now()) / 1000;
  }

  async look() {
    if (this.leftS > WARN_S && this.box.hidden) return;
    await this.ask();
    if (this.leftS <= 0) return location.assign(this.text.over);
    if (this.leftS > WARN_S) return this.hide();
    const minutes = Math.floor(this.leftS / 60);
    this.show(minutes >= 1 ? this.text.textMinutes.replace("{minutes}", String(minutes)) : this.text.textMinute);
  }

  // Another page of the same session may have prolonged or ended it.
  async ask() {
    try {
      const answer = await fetch(this.text.address, { cache: "no-store", headers: { "X-Ankerort-Poll": "1" } });
      if (answer.redirected) this.endsAt = 0;
      else if (answer.ok) this.endsAt = Date.now() + (await answer.json()).left_s * 1000;
    } catch {
      // The hub can't be asked: what was known still holds.
    }
  }

  async stay(event) {
    event.preventDefault();
    const form = event.target;
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
    if (answer?.type !== "opaqueredirect") return form.submit();
    await this.ask();
    this.hide();
  }

  show(text) {
    if (this.said.textContent !== text) this.said.textContent = text;
    this.box.hidden = false;
  }

  hide() {
    this.box.hidden = true;
    this.said.textContent = "";
  }
}

const box = document.querySelector("[data-session]");
if (box) new Session(box);
