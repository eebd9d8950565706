// How long an item was in sight and in how many steps it was decided; sent with the decision.
let seen = 0;
let since = document.visibilityState === "visible" ? performance.now() : null;
let steps = 0;

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") {
    since = performance.now();
  } else if (since !== null) {
    seen += performance.now() - since;
    since = null;
  }
});

// Typing a value is one step, however long the value is.
let typingIn = null;
document.addEventListener("keydown", (event) => {
  if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
  const letter = event.key.length === 1 && !event.ctrlKey && event.target.matches?.("input[type=text], textarea");
  if (letter && typingIn === event.target) return;
  typingIn = letter ? event.target : null;
  steps += 1;
}, true);
document.addEventListener("pointerdown", () => { steps += 1; typingIn = null; }, true);

document.addEventListener("submit", (event) => {
  const form = event.target;
  const seconds = form.querySelector("[data-seconds]");
  if (!seconds) return;
  const now = since === null ? 0 : performance.now() - since;
  seconds.value = String(Math.max(1, Math.round((seen + now) / 1000)));
  form.querySelector("[data-steps]").value = String(steps);
}, true);
