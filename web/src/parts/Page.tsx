// The frame of every page: its place, its name, what can be done on it.
import { Fragment, type ReactNode, useEffect } from 'react';
import { anchor } from './Contents';
import { Go } from './Go';

export interface Crumb {
  label: string;
  to: string;
}

export function Page(props: {
  title: ReactNode;
  name?: string;
  crumbs?: Crumb[];
  actions?: ReactNode;
  children: ReactNode;
}) {
  const name = props.name ?? (typeof props.title === 'string' ? props.title : '');
  useEffect(() => {
    document.title = name ? `${name} · Dasier` : 'Dasier';
  }, [name]);
  return (
    <>
      <div className="page-head">
        <div className="grow">
          {props.crumbs && (
            <div className="crumbs">
              {props.crumbs.map((crumb, i) => (
                <Fragment key={crumb.to}>
                  {i > 0 && <span aria-hidden="true">/</span>}
                  <Go to={crumb.to}>{crumb.label}</Go>
                </Fragment>
              ))}
            </div>
          )}
          <h1>{props.title}</h1>
        </div>
        {props.actions && <div className="row">{props.actions}</div>}
      </div>
      {props.children}
    </>
  );
}

export function Card(props: { title?: ReactNode; side?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <section className="card" id={typeof props.title === 'string' ? anchor(props.title) : undefined}>
      {props.title !== undefined && (
        <div className="head">
          <h2 className="grow">{props.title}</h2>
          {props.side}
        </div>
      )}
      {props.flush ? props.children : <div className="body">{props.children}</div>}
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}
