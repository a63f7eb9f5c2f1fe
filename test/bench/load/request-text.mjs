/** What goes over the wire. */
export function requestText({ method = 'GET', path, headers = {} }) {
  const fields = Object.entries({ Host: 'bench', ...headers });
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
