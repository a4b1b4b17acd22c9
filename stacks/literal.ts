/** A text of somebody's own as Terraform is to take it: what looks like a template of Terraform's in it is none. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', '%%{');
}
