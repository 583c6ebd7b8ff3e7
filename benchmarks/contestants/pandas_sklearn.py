"""The same work in pandas and scikit-learn: ``pandas_sklearn.py INPUT OUTPUT CONTRACT``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer

KEY, TARGET = "id", "label"
# pandas has no integer that may be null in its ordinary types.
TYPES = {"bigint": "int64", "int": "float64", "double": "float64", "string": "str"}


def main(source: str, target: str, contract: str) -> None:
    """Read ``source``, write what comes out to ``target``."""
    columns = json.loads(Path(contract).read_text())["columns"]
    texts = [column["name"] for column in columns if column["type"] == "string"]
    holes = [c["name"] for c in columns if c["nullable"] and c["name"] not in (TARGET, *texts)]
    df = read(source, {column["name"]: TYPES[column["type"]] for column in columns})
    df = df.dropna(subset=[TARGET])
    share = pd.util.hash_array(df[KEY].to_numpy()) % 100
    train = share < 70

    imputer = SimpleImputer(strategy="mean").fit(df.loc[train, holes])
    df[holes] = imputer.transform(df[holes])
    # OrdinalEncoder sorts labels by name and gives all columns one index for what is unseen.
    for name in texts:
        labels = df.loc[train, name].value_counts().index
        codes = labels.get_indexer(df[name])
        df[name] = np.where(codes < 0, len(labels), codes).astype("float64")
    df = df.rename(columns={name: f"{name}_index" for name in texts})

    splits = {"train": train, "validation": (share >= 70) & (share < 85), "test": share >= 85}
    for split, rows in splits.items():
        folder = Path(target) / split
        folder.mkdir(parents=True)
        df[rows].to_parquet(folder / "part-0.parquet", compression="snappy", index=False)


def read(source: str, types: dict[str, str]) -> pd.DataFrame:
    """Read all files of a folder into one frame."""
    files = sorted(Path(source).iterdir())
    if files[0].suffix == ".parquet":
        return pd.read_parquet(source)
    # Arrow's parser uses all processors, pandas' own uses one.
    frames = [pd.read_csv(file, dtype=types, engine="pyarrow") for file in files]
    return pd.concat(frames, ignore_index=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
