import { Buffer } from 'node:buffer';
import { connect } from 'node:net';
import { AnswerReader } from './answer-reader.mjs';

/** Sends the next request as soon as the answer to the last one is complete. */
export class AskingConnection {
  #socket;
  #hasAnswered = true;
  #isOver = false;
  // One buffer for all that comes: a fresh one for each read would cost more than the read.
  #buffer = Buffer.allocUnsafe(256 * 1024);

  constructor(port, expected, { nextText, onAnswer, onError }) {
    this.port = port;
    this.nextText = nextText;
    this.onError = (error) => this.#isOver || onError(error);
    this.reader = new AnswerReader(expected, () => {
      this.#hasAnswered = true;
      onAnswer();
      this.#ask();
    });
    this.#open();
  }

  end() {
    this.#isOver = true;
    this.#socket.destroy();
  }

  #open() {
    this.#hasAnswered = false;
    this.#socket = connect({
      port: this.port,
      host: '127.0.0.1',
      onread: { buffer: this.#buffer, callback: (size) => this.#take(size) },
    })
      .on('error', this.onError)
      .on('close', () => this.#reopen());
    this.#ask();
  }

  #ask() {
    if (!this.#isOver) this.#socket.write(this.nextText());
  }

  #take(size) {
    try {
      this.reader.take(this.#buffer.subarray(0, size));
      return true;
    } catch (error) {
      this.onError(error);
      return false;
    }
  }

  /** Servers end a connection that has had its number of requests. */
  #reopen() {
    if (this.#isOver) return;
    if (this.#hasAnswered && !this.reader.isInsideAnswer) this.#open();
    else this.onError(new Error('The server ended a connection early'));
  }
}
