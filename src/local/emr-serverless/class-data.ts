/** Placeholder until measured. */
export class ClassData {
  /** Java options that make a driver start with the archive, where there is one. */
  options(): readonly string[] {
    return [];
  }
}
