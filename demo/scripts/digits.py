"""Writes demo/assets/digits.bin from scikit-learn's copy of the UCI "Optical Recognition of Handwritten Digits" (test part):
1,797 digits, each a byte with its label and 64 bytes from 0 to 16, row by row. E. Alpaydin, C. Kaynak, 1998, CC BY 4.0.

    python3 demo/scripts/digits.py
"""

from pathlib import Path

from sklearn.datasets import load_digits

digits = load_digits()
rows = [bytes([label, *map(int, pixels)]) for label, pixels in zip(digits.target, digits.data)]
(Path(__file__).parent.parent / "assets/digits.bin").write_bytes(b"".join(rows))
