/** A figure that is shown rounded; the pointer on it tells all of its digits. */
export const Rounded = ({ exact, shown }: { exact: string; shown: string }) => <span title={exact === shown ? undefined : exact}>{shown}</span>;
