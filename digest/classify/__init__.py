"""Topics by what a story says, with the reason.  Pure.

`classifier.Classifier` is the way in; the words come from the catalogue (`digest.topics`) and the
gazetteer: `places.txt`, which `build_gazetteer` makes, `figures.txt` and `peoples.txt`, kept by
hand.  `difference` tells what another catalogue would change.
"""
