// Warns before a sign-in ends for want of use, and offers to stay. What is done in another window counts here too.
const KEPT = "postroom-used";
const WARNED_BEFORE = 5 * 60_000;
const LOOK_EVERY = 5_000;
const { idleMinutes, endsIn } = document.body.dataset;
const idle = Number(idleMinutes) * 60_000;
const ends = Date.now() + Number(endsIn) * 1000;
let own = Date.now();
let dialog = null;
let toldOfEnd = false;

function used() {
  own = Date.now();
  try {
    localStorage.setItem(KEPT, String(own));
  } catch {
    // A browser that keeps nothing counts for this window alone.
  }
}

function lastUse() {
  try {
    return Math.max(own, Number(localStorage.getItem(KEPT)));
  } catch {
    return own;
  }
}

function minutes(milliseconds) {
  const count = Math.max(1, Math.ceil(milliseconds / 60_000));
  return count === 1 ? "1 minute" : `${count} minutes`;
}

function button(words, kind, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `govuk-button ${kind}`;
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

// Built when it is needed, so that a page without script holds nothing that does not work.
function open(title, words, ...buttons) {
  dialog?.remove();
  dialog = document.createElement("dialog");
  dialog.id = "stay-dialog";
  dialog.className = "desk-dialog";
  dialog.setAttribute("role", "alertdialog");
  dialog.setAttribute("aria-labelledby", "stay-title");
  dialog.setAttribute("aria-describedby", "stay-words");
  const head = document.createElement("h2");
  head.id = "stay-title";
  head.className = "govuk-heading-m";
  head.textContent = title;
  const body = document.createElement("p");
  body.id = "stay-words";
  body.className = "govuk-body";
  body.textContent = words;
  const group = document.createElement("div");
  group.className = "govuk-button-group";
  group.append(...buttons);
  dialog.append(head, body, group);
  document.body.append(dialog);
  dialog.showModal();
}

function close() {
  dialog?.close();
  dialog?.remove();
  dialog = null;
}

// Any page that is asked for counts as use; whoever is signed out by now is led away instead of answered.
async function stay() {
  const answer = await fetch("/account", { redirect: "manual" }).catch(() => null);
  if (answer?.ok) {
    used();
    close();
  } else {
    tellEnded();
  }
}

function tellEnded() {
  open(
    "You are signed out",
    "What was saved is kept. What you typed since then is still on this page: copy it before you sign in again.",
    button("Close", "", close),
  );
}

function look() {
  const left = Math.min(lastUse() + idle, ends) - Date.now();
  const mayStay = lastUse() + idle < ends;
  const asks = dialog?.dataset.asks === "yes";
  if (left > WARNED_BEFORE) {
    if (asks) close();
  } else if (left <= 0) {
    if (asks || !dialog) tellEnded();
    clearInterval(watch);
  } else if (mayStay && !dialog) {
    open(
      "Are you still there?",
      `You will be signed out in ${minutes(left)}, because nothing was done here for a while.`,
      button("Stay signed in", "", stay),
    );
    dialog.dataset.asks = "yes";
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); stay(); });
  } else if (!mayStay && !toldOfEnd && !dialog) {
    toldOfEnd = true;
    open(
      "Your working day at the desk ends soon",
      `You will be signed out in ${minutes(left)}, as after every long day. Save what you have begun, then sign in again.`,
      button("Close", "", close),
    );
  }
}

used();
// What a script sends for somebody counts as use as well.
document.addEventListener("postroom:used", used);
const watch = setInterval(look, LOOK_EVERY);
