/** Names as Kubernetes takes them: of objects, of labels. Pure text. */

const label = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const qualified = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/;

/** What a container, a namespace and a pod's host name may be called (RFC 1123). */
export const longestLabel = 63;

/** True for a namespace's or a container's name. */
export function isDnsLabel(text: string): boolean {
  return text.length <= longestLabel && label.test(text);
}

/** True for the name of most objects. */
export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && subdomain.test(text);
}

/** True for the key of a label or an annotation: `name`, `example.org/name`. */
export function isLabelKey(text: string): boolean {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  if (parts.length > 2 || name.length > longestLabel || !qualified.test(name)) return false;
  return parts.length === 1 || isDnsSubdomain(parts[0] ?? '');
}

/** True for a label's value; it may be empty. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= longestLabel && qualified.test(text));
}
