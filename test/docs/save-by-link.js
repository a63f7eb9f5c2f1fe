/** Asks for a signed link with the token, and lets the browser download it. */
export async function saveByLink(key, token) {
  const answer = await fetch(`/links?key=${encodeURIComponent(key)}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`No link: ${answer.status}`);
  location.assign(await answer.text()); // an attachment: the page stays
}
