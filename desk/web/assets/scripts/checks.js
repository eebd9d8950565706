// Reading again by keyboard. Without this file the forms work by themselves.
import { onSingleKeys, press } from "./single_keys.js";
import { stepPage, stepZoom, turn } from "./source_pane.js";
import "./spell.js";

const form = document.querySelector("[data-check-form]");

onSingleKeys({
  s: () => press("s"),
  "[": () => stepPage(-1),
  "]": () => stepPage(1),
  "+": () => stepZoom(1),
  "=": () => stepZoom(1),
  "-": () => stepZoom(-1),
  t: turn,
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.ctrlKey || !form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[type=submit]"));
});

// What somebody types is in the post, and what is not in the post has no value.
form?.addEventListener("input", (event) => {
  const tick = form.querySelector(`[data-absent="${CSS.escape(event.target.id)}"]`);
  if (tick && event.target.value) tick.checked = false;
  const field = event.target.dataset.absent && document.getElementById(event.target.dataset.absent);
  if (field && event.target.checked) field.value = "";
});
