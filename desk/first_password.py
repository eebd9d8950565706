"""First passwords: three words that have nothing to do with each other, easy to read out over the telephone."""

from __future__ import annotations

import secrets

_WORDS = """
    acorn amber anchor anvil apple apron arrow aspen attic autumn badger bagel bamboo banjo barley basil basket beacon
    beetle bellow birch biscuit bishop blanket blossom bonnet border bottle boulder bracket bramble breeze bridge bronze
    brook bucket buffalo button cabin cactus candle canoe canvas canyon carpet carrot castle cavern cedar cellar cement
    chalk chapel cherry chimney cinder cinema circus clover cobalt coffee collar comet copper coral cotton cradle crater
    cricket crystal cuckoo cupboard curtain cushion cymbal daisy damson dapple dolphin donkey drizzle drummer dungeon
    eagle easel echo elbow elder ember engine envelope fabric falcon feather fennel ferret fiddle finch flannel flint
    flute forest fossil fountain fox freckle furrow gable galaxy garlic garnet gazelle ginger glacier goblet gondola
    granite grape gravel guitar hamlet hammer hammock harbour harvest hazel heather hedge helmet heron hickory hollow
    honey hopper hornet igloo indigo iron island ivory ivy jacket jasmine jelly jersey jigsaw jungle juniper kayak
    kernel kettle kitten ladder lagoon lantern lasso lavender leather lemon lentil lettuce lilac linen lizard lobster
    locket lotus lupin magnet magpie mango maple marble marigold meadow medal melon mercury mitten monsoon mosaic
    mustard nectar needle nettle nickel nutmeg oasis oatmeal ocean olive onion orbit orchard orchid otter oyster paddle
    pancake panther paprika parcel parsley pastel peanut pebble pelican pencil pepper petal piano pigeon pillow plaster
    plum pocket pollen pony poplar poppy potter prairie prism pumpkin puppet quarry quartz quiver rabbit radish raven
    ribbon ripple robin rocket rosemary saddle saffron salmon sandal sapling satchel saucer scarf shadow shovel silver
    skylark sledge slipper snowdrop sorrel sparrow spinach sponge squirrel stable starling stencil summit sunflower
    swallow tambourine tangle tartan teapot thimble thistle thunder timber toffee tomato topaz trellis trumpet tulip
    tundra tunnel turnip turtle umbrella urchin valley vanilla velvet violet walnut walrus warbler water whistle willow
    window woodland yarrow yonder zebra zigzag
"""
_LIST = tuple(_WORDS.split())


def first_password() -> str:
    """Return three words and a number, for somebody to sign in with once and then change."""
    words = "-".join(secrets.choice(_LIST) for _ in range(3))
    return f"{words}-{secrets.randbelow(90) + 10}"
