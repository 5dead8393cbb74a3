"""Makes the tables of bench/tables: python3 fetch.py VEGA_DATASETS.tgz FOLDER."""
import csv
import io
import json
import pathlib
import sys
import tarfile

from sklearn import datasets

VEGA = {
    'penguins': ('penguins.json', ['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)']),
    'cars': ('cars.json', ['Miles_per_Gallon', 'Displacement', 'Horsepower', 'Weight_in_lbs', 'Acceleration']),
    'gapminder': ('gapminder.json', ['life_expect', 'fertility', 'pop']),
    'weather': ('seattle-weather.csv', ['temp_max', 'temp_min', 'wind']),
    'airports': ('airports.csv', ['latitude', 'longitude']),
    'wind': ('windvectors.csv', ['longitude', 'latitude', 'dir', 'speed']),
    'flights': ('flights-20k.json', ['delay', 'distance']),
}


def write(folder, name, columns, rows):
    whole = [row for row in rows if all(value not in (None, '') for value in row)]
    with open(folder / f'{name}.csv', 'w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([float(value) for value in row] for row in whole)
    print(f'{name}: {len(whole)} rows, {len(columns)} columns')


def main(archive, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ['iris', 'wine', 'diabetes', 'breast_cancer']:
        table = getattr(datasets, f'load_{name}')()
        write(folder, name, [str(column) for column in table.feature_names], table.data.tolist())
    with tarfile.open(archive) as tar:
        for name, (file, columns) in VEGA.items():
            text = tar.extractfile(f'package/data/{file}').read().decode()
            records = json.loads(text) if file.endswith('.json') else list(csv.DictReader(io.StringIO(text)))
            write(folder, name, columns, [[record.get(column) for column in columns] for record in records])


main(*sys.argv[1:])
