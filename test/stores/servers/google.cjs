// Starts the storage emulator of firebase-tools on a port of its own, without its command line, which wants Java.
const emulator = './node_modules/firebase-tools/lib/emulator';
const { StorageEmulator } = require(`${emulator}/storage/index.js`);
const { createApp } = require(`${emulator}/storage/server.js`);
const { EmulatorRegistry } = require(`${emulator}/registry.js`);

(async () => {
  const storage = new StorageEmulator({
    projectId: 'demo',
    host: '127.0.0.1',
    port: 0,
    rules: { name: 'storage.rules', content: '' },
    auto_download: false,
  });
  EmulatorRegistry.INSTANCES?.set?.('storage', storage);
  const app = await createApp('demo', storage);
  const server = app.listen(0, '127.0.0.1', () => {
    process.send(`http://127.0.0.1:${server.address().port}`);
  });
  process.on('disconnect', () => process.exit());
})();
