// The library and its peers side by side in one Nest application.
import 'reflect-metadata';
import { answerQuestions, settings } from '../questions.mjs';
import { APPLICATIONS } from './applications.mjs';
import { memoryGrowth, watchMemory } from './memory.mjs';

const { kind, directory, ...more } = settings();
const { app, backend } = await APPLICATIONS[kind](directory, more);
await app.listen(0, '127.0.0.1');
answerQuestions(
  { port: app.getHttpServer().address().port },
  {
    cpu() {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    },
    watchMemory,
    memoryGrowth,
    serverConfig: (place) => backend.serverConfig(place),
  },
);
