// Starts Azurite on a port of its own and sends its address; it keeps nothing, and calls nobody.
process.env.AZURITE_ACCOUNTS = `test:${Buffer.from('the key of the tests').toString('base64')}`;
process.argv.push('--inMemoryPersistence', '--disableTelemetry');
process.argv.push('--skipApiVersionCheck', '--silent');
process.argv.push('--blobHost', '127.0.0.1', '--blobPort', '0');
const {
  BlobServerFactory,
} = require('./node_modules/azurite/dist/src/blob/BlobServerFactory.js');

(async () => {
  const server = await new BlobServerFactory().createServer();
  await server.start();
  process.send(server.getHttpServerAddress());
  process.on('disconnect', () => process.exit());
})();
