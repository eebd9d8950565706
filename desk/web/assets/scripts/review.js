// The review page by keyboard. Without this file everything on it works by its forms and links.
import { announce } from "./announce.js";
import { accept, choose, currentCard, go, mark, openCards } from "./field_forms.js";
import { isTyping, onSingleKeys, press, singleKeysWork, switchSingleKeys } from "./single_keys.js";
import { stepPage, stepZoom, turn } from "./source_pane.js";
import "./spell.js";

const LOOK_EVERY = 20_000;
const SOON = 1500;
const dialog = document.getElementById("keys-dialog");
const release = document.querySelector("[data-release]");
let askedToRelease = false;

function openAct(key) {
  const part = document.querySelector(`[data-act="${key}"]`);
  if (!part) return press(key);
  part.open = true;
  const first = part.querySelector("select, input[type=radio], input[type=text]");
  first?.focus();
  part.scrollIntoView({ block: "nearest" });
  return true;
}

// What is left to check is taken as right only when the person asks for it twice.
function releaseNow() {
  if (!release) return false;
  const left = openCards().length;
  if (left && !askedToRelease) {
    askedToRelease = true;
    announce(`${left === 1 ? "One value is" : `${left} values are`} still to check. Press the same key again to accept and release.`);
    release.focus();
    return true;
  }
  release.form.requestSubmit(release);
  return true;
}

function undo() {
  return press("z");
}

function help() {
  if (!dialog) return false;
  dialog.querySelector("[data-single-keys]").checked = singleKeysWork();
  dialog.showModal();
  return true;
}

const here = () => currentCard() ?? openCards()[0] ?? null;

onSingleKeys({
  j: () => go(1),
  n: () => go(1),
  k: () => go(-1),
  p: () => go(-1),
  a: () => accept(here()),
  x: releaseNow,
  z: undo,
  r: () => openAct("r"),
  m: () => openAct("m"),
  h: () => openAct("h"),
  g: () => openAct("g"),
  b: () => press("b"),
  s: () => press("s"),
  1: (event) => chosen(event, 1),
  2: (event) => chosen(event, 2),
  3: (event) => chosen(event, 3),
  4: (event) => chosen(event, 4),
  5: (event) => chosen(event, 5),
  6: (event) => chosen(event, 6),
  "[": () => stepPage(-1),
  "]": () => stepPage(1),
  "+": () => stepZoom(1),
  "=": () => stepZoom(1),
  "-": () => stepZoom(-1),
  t: turn,
  "?": help,
});

// In a list of reasons a figure chooses one of them, elsewhere another reading of the field.
function chosen(event, number) {
  const group = event.target.closest?.("details[data-act] .govuk-radios");
  if (!group) return choose(here(), number);
  const radio = group.querySelectorAll("input[type=radio]")[number - 1];
  if (!radio) return false;
  radio.checked = true;
  radio.focus();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.ctrlKey && release) {
    event.preventDefault();
    releaseNow();
  } else if (event.key === "Escape" && isTyping(event.target)) {
    event.target.blur();
  } else if (event.key === "Enter" && event.target.matches?.("textarea[data-value]") && !event.shiftKey) {
    event.preventDefault();
    accept(event.target.closest(".desk-field"));
  } else if (event.key === "Enter" && event.target.matches?.("#review select")) {
    event.preventDefault();
    event.target.form.requestSubmit(event.target.form.querySelector("[type=submit]"));
  }
});

document.querySelector("[data-keys-help]")?.addEventListener("click", (event) => {
  if (help()) event.preventDefault();
});
dialog?.querySelector("[data-single-keys]").addEventListener("change", (event) => switchSingleKeys(event.target.checked));

async function lookAgain() {
  const place = document.getElementById("presence");
  if (!place || document.visibilityState !== "visible") return;
  const answer = await fetch(place.dataset.now, { headers: { Accept: "application/json", "X-Postroom-Watching": "1" } });
  if (!answer.ok) return;
  const { words } = await answer.json();
  const shown = [...place.querySelectorAll("p")].map((one) => one.textContent);
  if (shown.join("\n") === words.join("\n")) return;
  place.replaceChildren(...words.map((one) => {
    const line = document.createElement("p");
    line.className = "govuk-inset-text";
    line.textContent = one;
    return line;
  }));
}

const review = document.getElementById("review");
if (review?.dataset.acts !== undefined) {
  setInterval(lookAgain, LOOK_EVERY);
  // The page before says that it leaves when this one is there already; if it was of the same item, that is put right.
  setTimeout(lookAgain, SOON);
  addEventListener("pagehide", () => {
    navigator.sendBeacon(`/items/${review.dataset.item}/leave`, new URLSearchParams());
  });
  const wrong = document.querySelector(".govuk-error-summary");
  const first = openCards()[0];
  // The first field to check is where keys begin; the focus stays at the top of the page.
  // Who asked for a document or a page by its address is shown that.
  if (first && !wrong) mark(first, !new URLSearchParams(location.search).has("document"));
}
