"""Join entries about one event into one story.

`clusterer` places entries, `lead` orders those of a story and measures its stir, `changes`
tells a material change from a trivial one.  Pure: nothing is read, stored or timed here.
"""
