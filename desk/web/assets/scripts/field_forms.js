// The fields of an item: checked while they are typed, saved one by one without loading the page anew.
import { announce } from "./announce.js";
import { isTyping } from "./single_keys.js";
import { show } from "./source_pane.js";

const CURRENT = "desk-field--current";
const LATE_ENOUGH_TO_CHECK = 350;
const review = document.getElementById("review");
let current = null;

export const openCards = () => [...document.querySelectorAll(".desk-field[data-open]")];
export const currentCard = () => current;

function input(card) {
  return card.querySelector("[data-value]:checked") ?? card.querySelector("[data-value]");
}

// Makes a card the one that keys act on; the source turns to its place.
export function mark(card, turns = true) {
  current?.classList.remove(CURRENT);
  current = card;
  if (!card) return;
  card.classList.add(CURRENT);
  if (turns) show(card);
}

export function enter(card) {
  if (!card) return;
  mark(card);
  const control = input(card);
  control?.focus();
  if (control?.select && control.matches("input[type=text], textarea")) control.select();
  card.scrollIntoView({ block: "nearest" });
}

// Goes to the next or previous field that is still to be checked.
export function go(by) {
  const cards = openCards();
  if (!cards.length) return;
  const at = cards.indexOf(current);
  const inside = current?.contains(document.activeElement);
  enter(cards[at < 0 || (by > 0 && at === 0 && !inside && !isTyping(document.activeElement)) ? Math.max(at, 0) : (at + by + cards.length) % cards.length]);
}

// Who was in a field goes on in the next one; who used single letters goes on using them.
function afterSaving(next, wasInside) {
  if (!wasInside) {
    mark(next);
  } else if (next) {
    enter(next);
  } else {
    mark(null);
    document.querySelector("[data-release]")?.focus();
  }
}

function following(card) {
  const cards = openCards().filter((one) => one !== card);
  return cards.find((one) => card.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING) ?? cards[0] ?? null;
}

function put(card, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  const fresh = holder.content.querySelector(".desk-field");
  card.replaceWith(fresh);
  if (current === card) current = fresh;
  return fresh;
}

function take(answer) {
  document.querySelectorAll('input[name="version"]').forEach((one) => { one.value = answer.version; });
  review.dataset.version = answer.version;
  const presence = document.getElementById("presence");
  if (presence) presence.dataset.now = presence.dataset.now.replace(/version=\d+/, `version=${answer.version}`);
  const words = document.querySelector("[data-release-words]");
  if (words) words.textContent = answer.release;
  const count = document.getElementById("doubtful-count");
  if (count) count.textContent = answer.left || "– all done";
  document.querySelectorAll("[data-undo-hidden]").forEach((one) => { one.hidden = false; });
}

async function save(form, submitter) {
  const card = form.closest(".desk-field");
  const sent = new URLSearchParams(new FormData(form, submitter));
  sent.set("alone", "true");
  const wasInside = card.contains(document.activeElement);
  const next = following(card);
  form.setAttribute("aria-busy", "true");
  const answer = await fetch(form.action, { method: "POST", body: sent });
  const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (!told) {
    form.submit();
    return;
  }
  if (told.refused) {
    form.removeAttribute("aria-busy");
    announce(told.refused);
    tell(card, `${told.refused} Load the page again.`);
    return;
  }
  const fresh = put(card, told.html);
  if (told.wrong) {
    announce(`${card.dataset.title}: ${told.wrong}`);
    enter(fresh);
    return;
  }
  document.dispatchEvent(new Event("postroom:used"));
  take(told);
  announce(`${told.words} ${told.left ? `${told.left} to check.` : "Nothing left to check."}`);
  // What was open stays in its place, so that nothing moves under the eyes.
  if (wasInside || current === fresh) afterSaving(next && document.contains(next) ? next : null, wasInside);
}

function tell(card, words) {
  const place = card.querySelector("[data-check]");
  if (place) place.textContent = words;
}

export function accept(card) {
  const form = card?.querySelector("[data-field-form]");
  form?.requestSubmit(form.querySelector("[data-save]"));
}

export function choose(card, number) {
  const button = card?.querySelector(`[data-choice="${number}"]`);
  if (!button) return false;
  button.click();
  return true;
}

function changed(control) {
  if (control.matches("select")) return [...control.options].some((one) => one.selected !== one.defaultSelected);
  if (control.matches("[type=radio]")) return control.checked !== control.defaultChecked;
  return control.value !== control.defaultValue;
}

let waiting = 0;
let asked = 0;

function checkSoon(control) {
  const card = control.closest(".desk-field");
  const form = control.form;
  const differs = changed(control);
  card.classList.toggle("desk-field--changed", differs);
  const button = card.querySelector("[data-save]");
  if (differs && button?.firstChild.nodeValue.trim() === "Accept") button.firstChild.nodeValue = "Save";
  clearTimeout(waiting);
  if (!control.matches("input[type=text]") || !control.value.trim()) {
    tell(card, "");
    return;
  }
  waiting = setTimeout(() => check(card, form, control.value), LATE_ENOUGH_TO_CHECK);
}

async function check(card, form, value) {
  const mine = ++asked;
  const [path, query] = form.action.split("?");
  const answer = await fetch(`${path}/check${query ? `?${query}` : ""}`, { method: "POST", body: new URLSearchParams({ value }) });
  if (!answer.ok || mine !== asked) return;
  tell(card, (await answer.json()).wrong);
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-value]")) checkSoon(event.target);
});
document.addEventListener("focusin", (event) => {
  const card = event.target.closest?.(".desk-field");
  if (card && card !== current && event.target.matches("[data-value]")) mark(card);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-field-form]")) return;
  event.preventDefault();
  save(event.target, event.submitter);
});
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-show]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  mark(link.closest(".desk-field"));
});
