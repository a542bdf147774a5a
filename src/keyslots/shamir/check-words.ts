// The 256 check words of printed shares: short, and no two within one typing error of each other. FORMAT.md §4.1; the order is law.

const words =
  'able acid acorn actor agent alarm album amber anchor angel ankle april apron arch arrow aspen ' +
  'atlas audio autumn axis azure badge baker balm banjo barn basil beach bean berry birch bison ' +
  'blaze bloom boat bold bonus book bottle bread breeze bridge brush bubble butter button cabin ' +
  'cactus camera candle canoe carbon cargo carpet cedar cello chalk chapel chess circus citrus ' +
  'cliff clock cloud coast cobalt coffee comet coral cotton crayon cube dagger daisy dance denim ' +
  'desert dinner dragon drum dune eagle earth easel echo empire engine epoch event exit falcon ' +
  'fiddle field film finger flask flint flute fossil frost fruit funnel gallop garden garlic ' +
  'goblet grape gravel gulf hammer harbor hazel heron hollow honey hotel husky igloo island ivory ' +
  'jacket jaguar jelly jewel jigsaw jury kayak kernel king kite kiwi knight ladder lagoon laser ' +
  'leaf lemon letter lilac linen lion lizard lunar lynx magnet maple marble market meadow metal ' +
  'meteor mint mitten moon mosaic muffin museum music napkin nectar needle nickel noble north ' +
  'nutmeg oasis ocean olive onion opera orange orbit otter oven oxygen oyster palace panda paper ' +
  'pastel pearl pebble piano picnic pigeon pilot planet plum polar potato puzzle quarry queen ' +
  'quill quiver rabbit radio raven ribbon robin rope ruby rust satin saturn scarf shadow shell ' +
  'silver sled snow sonnet spark spice spiral sponge squash stable statue storm sugar summer ' +
  'sunset syrup talent teapot tennis tiger timber tomato tower tulip tundra uncle urban utopia ' +
  'vapor velvet vessel violin vivid voyage waffle walnut walrus water willow window winter wolf ' +
  'yacht yellow yogurt zenith zephyr zigzag';

export const checkWords: readonly string[] = words.split(' ');
