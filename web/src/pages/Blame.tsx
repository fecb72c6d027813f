import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import * as api from '../api/routes';
import { ago } from '../format/format';
import { Go } from '../parts/Go';
import { Loaded } from '../parts/Loaded';
import { Page } from '../parts/Page';
import { useProjectPath, useQueryWords } from '../parts/place';
import { CodeTabs, Trail } from './CodeTabs';

export function Blame() {
  const { t } = useTranslation();
  const path = useProjectPath();
  const { ref = '', path: name = '' } = useQueryWords();
  const blame = useQuery(api.blame(path, ref, name));
  return (
    <Page title={t('blame.title', { name: name.split('/').at(-1) ?? '' })}>
      <CodeTabs />
      <section className="card">
        <div className="head">
          <Trail at={name} refName={ref} />
          <Go to={`/${path}/file`} search={{ ref, path: name }}>
            {t('blame.file')}
          </Go>
        </div>
        <Loaded of={blame} rows={12}>
          {({ ranges }) => (
            <div className="scroll-x" tabIndex={0} role="region" aria-label={t('file.content')}>
              <table className="code">
                <tbody>
                  {ranges.flatMap(range =>
                    range.lines.map((line, i) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: a line's number is its identity
                      <tr key={range.start + i} className={i === 0 ? 'first' : undefined}>
                        <td className="who">
                          {i === 0 && (
                            <Go
                              to={`/${path}/commits/${range.commit.sha}`}
                              title={`${range.commit.title}\n${range.commit.author_name}`}
                            >
                              {ago(range.commit.authored_at)} · {range.commit.title}
                            </Go>
                          )}
                        </td>
                        <td className="ln muted">{range.start + i}</td>
                        <td className="src">{line || ' '}</td>
                      </tr>
                    )),
                  )}
                </tbody>
              </table>
            </div>
          )}
        </Loaded>
      </section>
    </Page>
  );
}
