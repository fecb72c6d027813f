// A link inside the console, by its plain path.
import { Link } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, ComponentType, ReactNode } from 'react';
import type { Search } from './place';

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  to: string;
  search?: Search;
  hash?: string;
  exact?: boolean; // active on this very page only
  children?: ReactNode;
}

const Plain = Link as unknown as ComponentType<Record<string, unknown>>;

export function Go({ to, search, hash, exact, ...rest }: Props) {
  const options = { exact: exact ?? false, includeSearch: false };
  return <Plain to={to} search={search ?? {}} hash={hash} activeOptions={options} {...rest} />;
}
