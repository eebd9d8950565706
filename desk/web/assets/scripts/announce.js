// Says words to people who listen to the page instead of looking at it.
const LATE_ENOUGH_TO_BE_NOTICED = 150;

export function announce(words) {
  const place = document.getElementById("announcer");
  if (!place) return;
  place.textContent = "";
  setTimeout(() => { place.textContent = words.replace(/\s+/g, " ").trim(); }, LATE_ENOUGH_TO_BE_NOTICED);
}
