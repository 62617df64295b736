// Splits a command's output into lines, whatever it is. Pure.

/** Of a longer line only the beginning is kept. In UTF-16 units. */
export const LINE_CHARS_MAX = 1024 * 1024;

export interface OutputLine {
  readonly text: string;
  /** More was dropped: the text is no whole line. */
  readonly cut: boolean;
}

/** Takes chunks, hands out whole lines without their ends. Bytes that are not UTF-8 become replacement characters. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  readonly #onLine: (line: OutputLine) => void;
  #line = '';
  #cut = false;

  constructor(onLine: (line: OutputLine) => void) {
    this.#onLine = onLine;
  }

  write(chunk: Uint8Array): void {
    this.#take(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The output is over: a last line may lack its end. */
  end(): void {
    this.#take(this.#decoder.decode());
    if (this.#line !== '' || this.#cut) this.#flush();
  }

  #take(text: string): void {
    let from = 0;
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', from)) {
      this.#append(text.slice(from, at));
      this.#flush();
      from = at + 1;
    }
    this.#append(text.slice(from));
  }

  #append(part: string): void {
    const room = LINE_CHARS_MAX - this.#line.length;
    if (part.length > room) this.#cut = true;
    this.#line += part.length > room ? part.slice(0, room) : part;
  }

  #flush(): void {
    const line = { text: this.#line.endsWith('\r') ? this.#line.slice(0, -1) : this.#line, cut: this.#cut };
    this.#line = '';
    this.#cut = false;
    this.#onLine(line);
  }
}

/** Keeps the end of a text, in UTF-16 units. */
export class TextTail {
  readonly #max: number;
  #text = '';

  constructor(max: number) {
    this.#max = max;
  }

  add(text: string): void {
    this.#text += text;
    if (this.#text.length > 2 * this.#max) this.#text = this.#text.slice(-this.#max);
  }

  toString(): string {
    return this.#text.slice(-this.#max);
  }
}
