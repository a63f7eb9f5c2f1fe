// The clients of the benchmark, in a process of their own.
import { answerQuestions } from '../questions.mjs';
import { downloads, secondsOfDownload } from './downloads.mjs';
import { answeredRequests } from './requests.mjs';
import { firstByte, readRows } from './rows.mjs';
import { releaseStalled, stall } from './stalled.mjs';
import { bytesOfWhole } from './whole.mjs';

answerQuestions(
  {},
  {
    requests: withShare(answeredRequests),
    wholeDownload: withShare(secondsOfDownload),
    downloads: withShare(downloads),
    whole: withShare(bytesOfWhole),
    rows: withShare(readRows),
    firstByte: withShare(firstByte),
    stall: withShare(stall),
    release: releaseStalled,
  },
);

/** Adds the share of a core that it took. */
function withShare(job) {
  return async (details) => {
    const began = process.hrtime.bigint();
    const before = process.cpuUsage();
    const figure = await job(details);
    const { user, system } = process.cpuUsage(before);
    const microseconds = Number(process.hrtime.bigint() - began) / 1000;
    return { figure, clientShare: (user + system) / microseconds };
  };
}
