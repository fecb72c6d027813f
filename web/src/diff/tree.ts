// The changed files as a tree of folders; folders with one child are one row.

export interface Leaf {
  path: string;
  index: number; // in the list of files
}

export interface Branch {
  name: string; // "ml/predict" when ml holds nothing else
  path: string;
  folders: Branch[];
  leaves: Leaf[];
}

export function treeOf(paths: string[]): Branch {
  const root: Branch = { name: '', path: '', folders: [], leaves: [] };
  const known = new Map<string, Branch>([['', root]]);
  const folder = (path: string): Branch => {
    const found = known.get(path);
    if (found) return found;
    const cut = path.lastIndexOf('/');
    const made: Branch = { name: path.slice(cut + 1), path, folders: [], leaves: [] };
    known.set(path, made);
    folder(cut < 0 ? '' : path.slice(0, cut)).folders.push(made);
    return made;
  };
  paths.forEach((path, index) => {
    folder(path.slice(0, Math.max(0, path.lastIndexOf('/')))).leaves.push({ path, index });
  });
  return squeeze(root);
}

function squeeze(branch: Branch): Branch {
  const folders = branch.folders.map(squeeze).sort((a, b) => a.name.localeCompare(b.name));
  const only = folders[0];
  if (branch.path && folders.length === 1 && branch.leaves.length === 0 && only) {
    return { ...only, name: `${branch.name}/${only.name}` };
  }
  return { ...branch, folders };
}

// orderOf is the files' order in the tree, so that going down the page and
// going down the tree are the same.
export function orderOf(branch: Branch): number[] {
  return [...branch.folders.flatMap(orderOf), ...branch.leaves.map(leaf => leaf.index)];
}
