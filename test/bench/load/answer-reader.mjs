const LENGTH = /\r\ncontent-length: (\d+)/i;
const HEAD_END = '\r\n\r\n';
/** Bytes behind which no end of a head is looked for: a body is nothing to make a text of. */
const LONGEST_HEAD = 4096;

/** Finds the ends of answers in the bytes of a connection, and looks at nothing but their heads. */
export class AnswerReader {
  #expected;
  #isHead;
  #onAnswer;
  #missing = 0;
  #length = 0;
  #head = '';

  /**
   * @param asked the method, and the status that is right
   * @param onAnswer called with the length of each body
   */
  constructor({ method = 'GET', status = 200 }, onAnswer) {
    this.#expected = `HTTP/1.1 ${status} `;
    this.#isHead = method === 'HEAD' || status === 304;
    this.#onAnswer = onAnswer;
  }

  get isInsideAnswer() {
    return this.#missing > 0 || this.#head !== '';
  }

  /** @throws for an answer that is not the right one */
  take(bytes) {
    let at = 0;
    while (at < bytes.length) {
      if (this.#missing === 0) at = this.#takeHead(bytes, at);
      const taken = Math.min(this.#missing, bytes.length - at);
      this.#missing -= taken;
      at += taken;
      if (!this.isInsideAnswer) this.#onAnswer(this.#length);
    }
  }

  /** Where it ends, or where the bytes do. */
  #takeHead(bytes, at) {
    const before = this.#head.length;
    const last = Math.min(at + LONGEST_HEAD, bytes.length);
    const text = this.#head + bytes.latin1Slice(at, last);
    const end = text.indexOf(HEAD_END);
    if (end < 0) {
      if (last < bytes.length) throw new Error(`No end of a head:\n${text}`);
      this.#head = text;
      return last;
    }
    this.#length = this.#lengthIn(text.slice(0, end));
    this.#missing = this.#length;
    this.#head = '';
    return at + end + HEAD_END.length - before;
  }

  #lengthIn(head) {
    if (!head.startsWith(this.#expected)) {
      throw new Error(`Not ${this.#expected.trim()}, but:\n${head}`);
    }
    if (this.#isHead) return 0;
    const length = LENGTH.exec(head)?.[1];
    if (length === undefined) throw new Error(`No length in:\n${head}`);
    return Number(length);
  }
}
