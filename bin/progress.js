// Set-up's own progress: it runs before any dependency is there.

/** A step's line with its time; on a terminal, while it runs, what it is at. */
export class Progress {
  #stream;
  #live;
  #steps = 0;

  constructor(stream = process.stderr) {
    this.#stream = stream;
    this.#live =
      stream.isTTY === true &&
      ['', '0', 'false', 'no'].includes((process.env.CI ?? '').toLowerCase()) &&
      process.env.TERM !== 'dumb';
  }

  /** How many steps had something to do. */
  get steps() {
    return this.#steps;
  }

  /**
   * @template Made
   * @param {string} title
   * @param {(detail: (text: string) => void) => Promise<Made>} work
   * @returns {Promise<Made>}
   */
  async step(title, work) {
    this.#steps += 1;
    const begun = performance.now();
    const seconds = () => `${((performance.now() - begun) / 1000).toFixed(1)} s`;
    let at = '';
    const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
    let frame = 0;
    const draw = () => {
      frame += 1;
      const line = `${frames[frame % frames.length]} ${title} ${seconds()} ${at}`;
      this.#stream.write(`\r\u001b[K${line.slice(0, (this.#stream.columns || 80) - 1)}`);
    };
    const timer = this.#live ? setInterval(draw, 100) : undefined;
    if (!this.#live) this.#stream.write(`… ${title}\n`);
    const end = (mark) => {
      clearInterval(timer);
      this.#stream.write(`${this.#live ? '\r\u001b[K' : ''}${mark} ${title} (${seconds()})\n`);
    };
    try {
      const made = await work((text) => {
        const line = text.trim().replaceAll(/\s+/g, ' ');
        if (!this.#live && line.startsWith('waiting') && line !== at) this.#stream.write(`  ${line}\n`);
        at = line;
      });
      end('✔');
      return made;
    } catch (error) {
      end('✖');
      throw error;
    }
  }
}
