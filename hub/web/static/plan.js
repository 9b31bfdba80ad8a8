// The floor plan's editor: desks are dragged or moved with the arrow keys, snap to a grid, and can be put back before saving.
// What is sent are the fields of the form, which say the same without this.

const form = document.querySelector("[data-plan-form]");
const svg = document.querySelector("[data-plan-editor]");
const said = document.querySelector("[data-plan-said]");
const undoButton = document.querySelector("[data-undo]");
const GRID = Number(form.dataset.grid);
const BIG = Number(form.dataset.big);
const TURN = Number(form.dataset.turn);
const WIDTH = Number(svg.dataset.width);
const DEPTH = Number(svg.dataset.depth);
const TOUCHING = 1; // Desks may stand edge to edge, as hub/domain/plan.py says.

const steps = []; // What was done, for undoing: desk and where it was.
const desks = new Map();
let isSending = false;

class Desk {
  constructor(group) {
    this.group = group;
    this.name = group.dataset.name;
    this.turned = group.querySelector("[data-turned]");
    this.fields = ["x", "y", "angle"].map((name) => document.getElementById(`${name}-${group.dataset.desk}`));
    this.across = Number(group.dataset.w) / 2;
    this.along = Number(group.dataset.d) / 2;
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "button");
    group.setAttribute("aria-roledescription", form.dataset.textKind);
    group.setAttribute("aria-describedby", "plan-how");
    group.addEventListener("keydown", (event) => this.onKey(event));
    group.addEventListener("pointerdown", (event) => this.onGrab(event));
    for (const field of this.fields) field.addEventListener("input", () => this.show());
    this.show();
  }

  get place() {
    return this.fields.map((field) => field.value);
  }

  get numbers() {
    const found = this.place.map((text) => (/^\d{1,5}$/.test(text.trim()) ? Number(text) : NaN));
    return found.some(Number.isNaN) ? null : found;
  }

  put(values) {
    values.forEach((value, index) => (this.fields[index].value = String(value)));
    this.show();
  }

  show() {
    const numbers = this.numbers;
    if (numbers === null) return;
    const [x, y, angle] = numbers;
    this.group.setAttribute("transform", `translate(${x} ${y})`);
    this.turned.setAttribute("transform", `rotate(${angle})`);
    this.group.setAttribute("aria-label", this.words());
    markOverlaps();
  }

  words() {
    const [x, y, angle] = this.place;
    const text = form.dataset.textPlace;
    return text.replace("{name}", this.name).replace("{x}", x).replace("{y}", y).replace("{angle}", angle);
  }

  corners(x, y, angle) {
    const turn = (angle * Math.PI) / 180;
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    const signs = [[-1, -1], [1, -1], [1, 1], [-1, 1]];
    return signs.map(([right, down]) => {
      const [along, across] = [right * this.across, down * this.along];
      return [x + along * cos - across * sin, y + along * sin + across * cos];
    });
  }

  // Where it can stand, next to a wanted place: on the grid, and wholly on the plan.
  fitting(x, y, angle) {
    const corners = this.corners(0, 0, angle);
    const reach = (index) => Math.max(...corners.map((corner) => corner[index]));
    return [clamp(x, reach(0), WIDTH), clamp(y, reach(1), DEPTH), angle];
  }

  moveTo(x, y, angle) {
    const before = this.place;
    const [left, top, turned] = this.fitting(x, y, angle);
    if (before.join() === [left, top, turned].join()) return;
    remember(this, before);
    this.put([left, top, turned]);
    tell(this);
  }

  onKey(event) {
    const numbers = this.numbers;
    if (numbers === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const [x, y, angle] = numbers;
    const step = event.shiftKey ? BIG : GRID;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) {
      const [right, down] = moves[event.key];
      this.moveTo(snap(x + right), snap(y + down), angle);
    } else if (event.key.toLowerCase() === "r") {
      this.moveTo(x, y, (angle + (event.shiftKey ? 360 - TURN : TURN)) % 360);
    } else {
      return;
    }
    event.preventDefault();
  }

  onGrab(event) {
    const numbers = this.numbers;
    if (numbers === null || event.button !== 0) return;
    const [x, y, angle] = numbers;
    const from = onPlan(event);
    const before = this.place;
    this.group.setPointerCapture(event.pointerId);
    this.group.classList.add("is-dragged");
    const follow = (move) => {
      const to = onPlan(move);
      // A tap that trembles moves nothing.
      if (Math.hypot(to.x - from.x, to.y - from.y) < GRID / 2) return this.put(before);
      this.put(this.fitting(snap(x + to.x - from.x), snap(y + to.y - from.y), angle));
    };
    const end = (last) => {
      this.group.classList.remove("is-dragged");
      this.group.removeEventListener("pointermove", follow);
      for (const name of ["pointerup", "pointercancel"]) this.group.removeEventListener(name, end);
      document.removeEventListener("keydown", stop);
      if (last.type !== "pointerup") this.put(before);
      if (this.place.join() !== before.join()) {
        remember(this, before);
        tell(this);
      }
    };
    const stop = (key) => key.key === "Escape" && end(key);
    this.group.addEventListener("pointermove", follow);
    for (const name of ["pointerup", "pointercancel"]) this.group.addEventListener(name, end);
    document.addEventListener("keydown", stop);
  }
}

function snap(value) {
  return Math.round(value / GRID) * GRID;
}

function clamp(value, reach, size) {
  const least = Math.ceil(reach - TOUCHING);
  const most = Math.floor(size - reach + TOUCHING);
  return most < least ? Math.round(size / 2) : Math.min(Math.max(value, least), most);
}

function onPlan(event) {
  return new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
}

function overlap(one, other) {
  const shapes = [one, other].map((desk) => desk.numbers && desk.corners(...desk.numbers));
  if (shapes.includes(null)) return false;
  const turns = [one, other].flatMap((desk) => [desk.numbers[2], desk.numbers[2] + 90]);
  return turns.every((turn) => {
    const axis = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
    const [first, second] = shapes.map((corners) => corners.map(([x, y]) => x * axis[0] + y * axis[1]));
    return (
      Math.max(...first) > Math.min(...second) + TOUCHING && Math.max(...second) > Math.min(...first) + TOUCHING
    );
  });
}

function overlapping(desk) {
  return [...desks.values()].filter((other) => other !== desk && overlap(desk, other));
}

function markOverlaps() {
  for (const desk of desks.values()) desk.group.classList.toggle("is-over", overlapping(desk).length > 0);
}

function tell(desk) {
  const others = overlapping(desk).map((other) => other.name);
  const more = others.length ? ` ${form.dataset.textOver.replace("{names}", others.join(", "))}` : "";
  said.textContent = desk.words() + more;
}

function remember(desk, before) {
  steps.push([desk, before]);
  undoButton.hidden = false;
}

function undo() {
  const step = steps.pop();
  if (!step) return;
  const [desk, before] = step;
  desk.put(before);
  said.textContent = `${form.dataset.textUndone} ${desk.words()}`;
  undoButton.hidden = steps.length === 0;
  // The button may be gone: whoever pressed it goes on at the desk.
  if (undoButton.hidden) desk.group.focus();
}

function isChanged() {
  return [...desks.values()].some((desk) => desk.fields.some((field) => field.value !== field.defaultValue));
}

for (const group of svg.querySelectorAll("[data-desk]")) desks.set(group.dataset.desk, new Desk(group));
markOverlaps();
svg.setAttribute("role", "group");
for (const part of document.querySelectorAll("[data-needs-script]")) part.hidden = false;
undoButton.addEventListener("click", undo);
document.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest("input, textarea, select");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !isTyping) {
    undo();
    event.preventDefault();
  }
});
form.addEventListener("reset", () => {
  steps.length = 0;
  undoButton.hidden = true;
  // The fields have their old values when this is over.
  setTimeout(() => desks.forEach((desk) => desk.show()));
});
form.addEventListener("submit", () => (isSending = true));
addEventListener("beforeunload", (event) => {
  if (!isSending && isChanged()) event.preventDefault();
});
