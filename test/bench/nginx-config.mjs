/** Sends the files of a directory by sendfile(2), and does nothing else. */
export function staticConfig(root, { listen, directory, user }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `${user ? `user ${user};` : ''}
worker_processes auto;
pid ${directory}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(' ')}
  server {
    listen ${listen};
    root ${root};
    sendfile on;
    tcp_nopush on;
  }
}
`;
}
