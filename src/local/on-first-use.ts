/** Something that takes long to start and that few need: started when it is first asked for, and then once. */
export class OnFirstUse<Started> {
  #starting: Promise<Started> | undefined;

  constructor(private readonly start: () => Promise<Started>) {}

  /** What was started; waits until it is. @throws whatever starting it throws, to everyone who asks */
  get(): Promise<Started> {
    return (this.#starting ??= this.start());
  }

  /** Resolves when nothing is being started any more, whether it went well or not. */
  async settled(): Promise<void> {
    await this.#starting?.catch(() => undefined);
  }

  /** Hands over what was started, once it is; does nothing where nobody has asked for it, or where it failed. */
  async ifStarted(use: (started: Started) => void): Promise<void> {
    const started = await this.#starting?.catch(() => undefined);
    if (started !== undefined) use(started);
  }
}
