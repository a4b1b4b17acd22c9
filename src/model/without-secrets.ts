type Variables = Readonly<Record<string, string | undefined>>;

const hidden = '***';

/** The names of environment variables whose values are secrets: AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, PGPASSWORD. */
const secretName = /SECRET|TOKEN|PASSWORD|PASSPHRASE|PRIVATE_?KEY|API_?KEY/i;

/** What is shorter would hide half of a text, and protects nothing. */
const shortest = 8;

/** A password in an address: `https://user:password@host`. */
const inAddress = /(\/\/[^\s/:@"'<>]*:)[^\s/@"'<>]+(?=@)/g;

/** One that is named: `?password=…`, `;token=…`. */
const named =
  /\b((?:password|passwd|pwd|passphrase|secret|client_secret|token|access_token|api_?key)=)[^\s&;,"'<>)]+/gi;

/** A text without the secrets that it may have come by: those of the environment's variables, and passwords in addresses. */
export function withoutSecrets(text: string, variables: Variables): string {
  // Of a thousand runs that are looked at, nearly none has said anything.
  return text === '' ? text : without(text, secretsOf(variables));
}

/** The same in every text of a document. */
export function documentWithoutSecrets<Value>(value: Value, variables: Variables): Value {
  const secrets = secretsOf(variables);
  const within = (one: unknown): unknown => {
    if (typeof one === 'string') return without(one, secrets);
    if (Array.isArray(one)) return one.map(within);
    if (typeof one !== 'object' || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, within(inner)]));
  };
  return within(value) as Value;
}

/** The longest first, for it may hold a shorter one. */
function secretsOf(variables: Variables): string[] {
  return Object.entries(variables)
    .flatMap(([name, value = '']) => (secretName.test(name) && value.length >= shortest ? [value] : []))
    .sort((a, b) => b.length - a.length);
}

function without(text: string, secrets: readonly string[]): string {
  return secrets
    .reduce((shown, value) => shown.replaceAll(value, hidden), text)
    .replaceAll(inAddress, `$1${hidden}`)
    .replaceAll(named, `$1${hidden}`);
}
