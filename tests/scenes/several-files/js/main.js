// The page's own module: takes its places from a data file and its surface from a picture.
import * as THREE from "three";

const places = await (await fetch("data/places.json")).json();
const scene = new THREE.Scene();
scene.background = new THREE.Color(0x223344);
const camera = new THREE.PerspectiveCamera(60, innerWidth / innerHeight, 0.1, 100);
camera.position.set(0, 3, 8);
camera.lookAt(0, 0, 0);
const renderer = new THREE.WebGLRenderer({ antialias: true });
renderer.setSize(innerWidth, innerHeight);
document.body.appendChild(renderer.domElement);
scene.add(new THREE.HemisphereLight(0xffffff, 0x445566, 2));
const map = new THREE.TextureLoader().load("textures/tiles.png");
const group = new THREE.Group();
for (const [x, y, z] of places) {
  const cube = new THREE.Mesh(new THREE.BoxGeometry(1.2, 1.2, 1.2), new THREE.MeshStandardMaterial({ map }));
  cube.position.set(x, y, z);
  group.add(cube);
}
scene.add(group);
function animate() {
  requestAnimationFrame(animate);
  group.rotation.y += 0.01;
  renderer.render(scene, camera);
}
animate();
