// The source beside the fields: changed without loading the page anew, and turned to the place of a field.
const CURRENT = "desk-page__box--current";

function pane() {
  return document.getElementById("source");
}

async function load(href, pushes = true) {
  const address = new URL(href, location.href);
  const shown = address.pathname.replace(/\/?$/, "/source") + address.search;
  const answer = await fetch(shown, { headers: { Accept: "text/html" } });
  if (!answer.ok) {
    location.assign(href);
    return;
  }
  const focused = document.activeElement?.closest("#source") ? document.activeElement.textContent : null;
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  const fresh = holder.content.getElementById("source");
  if (!fresh) {
    location.assign(href);
    return;
  }
  pane().replaceWith(fresh);
  watchPictures();
  if (pushes) history.replaceState(null, "", address.pathname + address.search);
  // The link that was followed is another element now; whoever used the keyboard goes on from its likeness.
  if (focused !== null) [...pane().querySelectorAll("a")].find((one) => one.textContent === focused)?.focus();
}

function place(card) {
  const [index, page] = (card.dataset.place || "").split("/");
  return index === undefined || index === "" ? null : { index, page };
}

// Shows where a field was read: scrolls to its box, or to its words.
export async function show(card) {
  const wanted = place(card);
  if (!wanted || !pane()) return;
  const [index, page, look] = pane().dataset.place.split("/");
  const there = index === wanted.index && (look !== "picture" || page === wanted.page);
  if (!there) {
    const link = card.querySelector("[data-show]");
    if (!link) return;
    await load(link.href.split("#")[0], false);
  }
  light(card.dataset.field);
}

function light(name) {
  pane().querySelectorAll(`.${CURRENT}`).forEach((one) => one.classList.remove(CURRENT));
  const box = document.getElementById(`box-${name}`);
  if (box) {
    box.classList.add(CURRENT);
    centre(box);
    return;
  }
  const frame = pane().querySelector("iframe");
  if (frame) frame.src = `${frame.src.split("#")[0]}#field-${encodeURIComponent(name)}`;
}

function centre(box) {
  const view = box.closest(".desk-page__window");
  if (!view) return;
  const inside = view.getBoundingClientRect();
  const at = box.getBoundingClientRect();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.scrollBy({
    left: at.left + at.width / 2 - inside.left - inside.width / 2,
    top: at.top + at.height / 2 - inside.top - inside.height / 2,
    behavior: calm ? "instant" : "smooth",
  });
}

function watchPictures() {
  pane()?.querySelectorAll(".desk-page img").forEach((picture) => {
    picture.addEventListener("error", () => {
      const words = document.createElement("p");
      words.className = "govuk-inset-text";
      words.textContent = "This page cannot be drawn. Look at its words instead, or open it in the inbox.";
      picture.closest(".desk-page__window").replaceChildren(words);
    });
  });
}

function isCurrent(link) {
  return link.getAttribute("aria-current") === "true";
}

function step(label, by) {
  const links = [...(pane()?.querySelectorAll(`[aria-label="${label}"] a`) ?? [])].filter((one) => !/^Turn /.test(one.textContent));
  const next = links[links.findIndex(isCurrent) + by];
  if (next) load(next.href);
}

export const stepPage = (by) => step("Pages", by);
export const stepZoom = (by) => step("Size and turn of the picture", by);

export function turn() {
  const link = [...(pane()?.querySelectorAll("a") ?? [])].find((one) => one.textContent.trim() === "Turn right");
  if (link) load(link.href);
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("#source .desk-review__tools a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  load(link.href);
});
watchPictures();
