/** Has the whole file in memory: for small ones. */
export async function saveByFetch(path, token) {
  const answer = await fetch(path, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`No file: ${answer.status}`);
  const disposition = answer.headers.get('Content-Disposition') ?? '';
  const [, name = 'file'] = /filename\*=UTF-8''([^;]+)/.exec(disposition) ?? [];
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await answer.blob());
  link.download = decodeURIComponent(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
